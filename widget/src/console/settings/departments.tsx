import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { APIError } from '../../shared/api';
import { Avatar } from '../../shared/avatar';
import { Icon, plus } from '../../shared/icons';
import { api, every, words } from '../server';
import { get, say, set } from '../state';
import { face, useApp } from '../use';
import { Section } from './fields';
import { Opening } from './hours';
import { plainly, weekdays, type OpeningHours, type Routing, type Weekday } from './store';

interface Department {
  department_id: string;
  name: string;
  agent_ids: string[];
  capacity: number | null;
  hours: OpeningHours | null;
  routing: Routing['mode'] | null;
}

const blank: Omit<Department, 'department_id'> = { name: '', agent_ids: [], capacity: null, hours: null, routing: null };

/** What a department's own hours begin as. */
const usual = (): OpeningHours => ({
  enabled: true, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', holidays: [],
  weekly: Object.fromEntries(weekdays.map((day, i) => [day, i < 5 ? [{ from: '09:00', to: '17:00' }] : []])) as unknown as Record<Weekday, OpeningHours['weekly'][Weekday]>,
});

/** The parts of the team: who is in them, and by which rules they work. */
export function Departments() {
  const [list, setList] = useState<Department[]>();
  const [error, setError] = useState('');
  const [editing, setEditing] = useState<string>(); // an id, or "new"
  const add = useRef<HTMLButtonElement>(null);

  const read = () => every<Department>('/departments', 'departments').then((all) => {
    setList(all);
    setError('');
    set({ departments: all.map((d) => d.name) }); // those that conversations can be handed to
  }, (err) => setError(words(err)));
  useEffect(() => void read(), []);
  const done = () => { setEditing(undefined); void read(); add.current?.focus(); };

  return (
    <Section title="Departments" lede="Visitors may choose one, conversations can be handed to one, and each may have rules of its own."
      action={<button ref={add} type="button" class="ghost" onClick={() => setEditing('new')}><Icon of={plus} />New department</button>}>
      {error && <p class="wrong" role="alert">{error} <button type="button" class="text" onClick={() => void read()}>Try again</button></p>}
      {editing === 'new' && <Fields of={blank} onDone={done} />}
      {list && !list.length && editing !== 'new' && <p class="faint">There are none. Everybody answers everything.</p>}
      {!!list?.length && (
        <ul class="departments">
          {list.map((d) => (
            <li key={d.department_id}>{editing === d.department_id ? <Fields of={d} id={d.department_id} onDone={done} /> : <One of={d} onEdit={() => setEditing(d.department_id)} onGone={done} />}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function One({ of: d, onEdit, onGone }: { of: Department; onEdit(): void; onGone(): void }) {
  const agents = useApp((s) => s.agents);
  const [asking, setAsking] = useState(false);
  const sure = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => { if (asking) sure.current?.focus(); }, [asking]);
  const members = agents.filter((a) => d.agent_ids.includes(a.agent_id));
  const rules = [
    d.routing && (d.routing === 'manual' ? 'claimed by agents' : 'given out in turn'), d.capacity !== null && (d.capacity ? `${d.capacity} at a time` : 'no limit'), d.hours && 'hours of its own',
  ].filter(Boolean).join(', ');
  const remove = () => api('DELETE', `/departments/${encodeURIComponent(d.department_id)}`).then(onGone, (err) => { setAsking(false); say({ text: `It could not be removed. ${words(err)}`, bad: true }); });
  return (
    <div class="one">
      <div>
        <b dir="auto">{d.name}</b>
        <p>{members.length ? members.map((a) => a.name).join(', ') : 'Nobody yet'}{rules && <small> · {rules}</small>}</p>
      </div>
      {asking
        ? <><button ref={sure} type="button" class="ghost" onClick={() => void remove()}>Remove; conversations keep the name</button><button type="button" class="ghost" onClick={() => setAsking(false)}>Keep</button></>
        : <><button type="button" class="ghost" aria-label={`Edit ${d.name}`} onClick={onEdit}>Edit</button><button type="button" class="ghost" aria-label={`Remove ${d.name}`} onClick={() => setAsking(true)}>Remove</button></>}
    </div>
  );
}

function Fields({ of, id: known, onDone }: { of: typeof blank; id?: string; onDone(): void }) {
  const id = useId();
  const agents = useApp((s) => s.agents);
  const [d, setD] = useState(of);
  const [wrong, setWrong] = useState({ error: '', field: '' });
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const put = (patch: Partial<typeof blank>) => { setD({ ...d, ...patch }); setWrong({ error: '', field: '' }); };
  const at = (field: string) => (wrong.field === field ? plainly(wrong.error, field) : '');

  async function save() {
    if (busy) return;
    if (!d.name.trim()) { setWrong({ error: 'What is it called?', field: 'name' }); return first.current?.focus(); }
    setBusy(true);
    const { name, agent_ids, capacity, hours, routing } = d;
    const body = { name: name.trim(), agent_ids: agent_ids.filter((one) => get().agents.some((a) => a.agent_id === one)), capacity, hours, routing };
    try {
      await (known ? api('PATCH', `/departments/${encodeURIComponent(known)}`, body) : api('POST', '/departments', body));
      onDone();
    } catch (err) {
      setBusy(false);
      const field = err instanceof APIError ? err.field ?? '' : '';
      setWrong({ error: err instanceof APIError && err.status === 409 && field === 'name' ? 'Another department has this name.' : words(err), field });
      if (field === 'name') first.current?.focus();
    }
  }

  return (
    <form class="new department" noValidate aria-label={known ? `Edit ${of.name}` : 'New department'} onSubmit={(e) => { e.preventDefault(); void save(); }}
      onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); e.preventDefault(); onDone(); } }}>
      <div class="field">
        <label for={`${id}n`}>Name</label>
        <input id={`${id}n`} ref={first} class="in" type="text" dir="auto" autocomplete="off" maxLength={100} value={d.name} aria-invalid={!!at('name')} aria-describedby={at('name') ? `${id}w` : undefined} onInput={(e) => put({ name: e.currentTarget.value })} />
        {at('name') && <p class="wrong" id={`${id}w`} role="alert">{at('name')}</p>}
        {known && d.name.trim() !== of.name && !at('name') && <p class="help">Its conversations, open and closed, take the new name.</p>}
      </div>
      <fieldset class="field">
        <legend>Who answers</legend>
        <div class="ticks">
          {agents.map((a) => (
            <label key={a.agent_id} class="tick"><input type="checkbox" checked={d.agent_ids.includes(a.agent_id)}
              onChange={(e) => put({ agent_ids: e.currentTarget.checked ? [...d.agent_ids, a.agent_id] : d.agent_ids.filter((one) => one !== a.agent_id) })} /><Avatar person={face(a.name, a.avatar_url)} size={20} /><span dir="auto">{a.name}</span></label>
          ))}
        </div>
        {!agents.length && <p class="help">Nobody has signed in yet.</p>}
        <p class="help">Visitors are offered a department once somebody is in it.</p>
      </fieldset>
      <div class="field">
        <label for={`${id}r`}>Conversations are</label>
        <select id={`${id}r`} class="in" value={d.routing ?? ''} onChange={(e) => put({ routing: (e.currentTarget.value || null) as Department['routing'] })}>
          <option value="">As set under Routing</option><option value="manual">Claimed by agents</option><option value="round_robin">Given out in turn</option>
        </select>
      </div>
      <div class="field">
        <label for={`${id}c`}>Open ones of an agent, at most</label>
        <input id={`${id}c`} class="in" type="number" inputMode="numeric" min={0} max={1000} placeholder="As set under Routing" value={d.capacity ?? ''} aria-invalid={!!at('capacity')}
          onInput={(e) => put({ capacity: e.currentTarget.value === '' ? null : Math.trunc(Number(e.currentTarget.value)) })} />
        {at('capacity') ? <p class="wrong" role="alert">{at('capacity')}</p> : d.capacity === 0 && <p class="help">0 is no limit.</p>}
      </div>
      <div class="field wide-field">
        <label class="tick"><input type="checkbox" checked={!!d.hours} onChange={(e) => put({ hours: e.currentTarget.checked ? usual() : null })} />Hours of its own, instead of the general ones</label>
      </div>
      {d.hours && <div class="wide-field"><Opening hours={d.hours} put={(hours) => put({ hours })} wrong={wrong} /></div>}
      {wrong.error && !['name', 'capacity'].includes(wrong.field) && !wrong.field.startsWith('hours') && <p class="wrong" role="alert">{wrong.error}</p>}
      <div class="line"><button class="solid" aria-disabled={busy}>Save</button><button type="button" class="ghost" onClick={onDone}>Cancel</button></div>
    </form>
  );
}
