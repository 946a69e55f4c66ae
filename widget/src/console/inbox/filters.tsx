import { useId } from 'preact/hooks';
import { narrow } from '../lists';
import type { Filter } from '../model';
import { set } from '../state';
import { useApp } from '../use';

const sorted = (all: Iterable<string | undefined>) => [...new Set([...all].filter((one): one is string => !!one))].sort((a, b) => a.localeCompare(b));

/** What the lists are narrowed to. Each choice holds at once. */
export function Filters() {
  const id = useId();
  const view = useApp((s) => s.view);
  const filter = useApp((s) => s.filter);
  const agents = useApp((s) => s.agents);
  const me = useApp((s) => s.me?.agent_id);
  const departments = useApp((s) => s.departments);
  const sessions = useApp((s) => s.sessions);
  const known = [...sessions.values()];
  const put = (patch: Filter) => narrow({ ...filter, ...patch });
  const word = (name: 'tag' | 'source', label: string, list: string[]) => (
    <div>
      <label for={`${id}${name}`}>{label}</label>
      <input id={`${id}${name}`} type="text" dir="auto" autocomplete="off" list={`${id}${name}s`} value={filter[name] ?? ''} placeholder="Any"
        onChange={(e) => put({ [name]: e.currentTarget.value.trim() || undefined })} />
      <datalist id={`${id}${name}s`}>{list.map((one) => <option key={one} value={one} />)}</datalist>
    </div>
  );
  return (
    <form class="filters" aria-label="Filter" onSubmit={(e) => e.preventDefault()}>
      <div>
        <label for={`${id}d`}>Department</label>
        <select id={`${id}d`} value={filter.department ?? ''} onChange={(e) => put({ department: e.currentTarget.value || undefined })}>
          <option value="">Any</option>
          {sorted([...departments, filter.department, ...known.map((s) => s.department)]).map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </div>
      {view !== 'mine' && view !== 'unassigned' && (
        <div>
          <label for={`${id}a`}>Agent</label>
          <select id={`${id}a`} value={filter.agent ?? ''} onChange={(e) => put({ agent: e.currentTarget.value || undefined })}>
            {view === 'later' ? <><option value="">You</option><option value="any">Any</option></> : <><option value="">Any</option><option value="none">Nobody</option></>}
            {agents.map((a) => (view !== 'later' || a.agent_id !== me) && <option key={a.agent_id} value={a.agent_id}>{a.name}</option>)}
          </select>
        </div>
      )}
      {word('tag', 'Tag', sorted(known.flatMap((s) => s.tags)))}
      {word('source', 'Source', sorted(known.map((s) => s.source)))}
      <div class="ways">
        {Object.values(filter).some(Boolean) && <button type="button" class="ghost" onClick={() => narrow({})}>Show everything</button>}
        <button type="button" class="ghost" onClick={() => set({ filtering: false })}>Done</button>
      </div>
    </form>
  );
}
