import { useId } from 'preact/hooks';
import { Section } from './fields';
import { edit, plainly, useSettings, type Routing as Rules, type Settings } from './store';

const minutes = { return_after_minutes: [0, 1, 2, 5, 10, 30, 60], auto_close_minutes: [0, 15, 30, 60, 240, 1440, 4320, 10080], missed_after_minutes: [0, 1, 2, 5, 10, 30] };
type Minutes = keyof typeof minutes;

/** Never, 5 minutes, 4 hours, 3 days. */
function after(n: number): string {
  if (!n) return 'Never';
  const [count, unit] = n % 1440 === 0 ? [n / 1440, 'day'] : n % 60 === 0 ? [n / 60, 'hour'] : [n, 'minute'];
  return `After ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** How conversations find an agent, and what becomes of those that nobody attends to. */
export function Routing({ draft: { routing: rules } }: { draft: Settings }) {
  const id = useId();
  const put = (patch: Partial<Rules>) => edit({ routing: { ...rules, ...patch } });
  const wrong = useSettings((s) => (s.field === 'routing.capacity' ? plainly(s.error, s.field) : ''));
  const turn = rules.mode === 'round_robin';
  return (
    <>
      <Section title="How conversations find an agent" lede="Departments may have rules of their own: see Team.">
        <fieldset class="field options">
          <legend class="sr">How conversations find an agent</legend>
          <label class="tick"><input type="radio" name={`${id}m`} checked={!turn} onChange={() => put({ mode: 'manual' })} /><span>Agents claim them<small>All of them wait in Unassigned until somebody takes them.</small></span></label>
          <label class="tick"><input type="radio" name={`${id}m`} checked={turn} onChange={() => put({ mode: 'round_robin' })} /><span>They are given out in turn<small>To agents who are here and available, within the opening hours, whoever has gone longest without a new one first.</small></span></label>
        </fieldset>
        <div class="field">
          <label for={`${id}c`}>Open conversations of one agent, at most</label>
          <input id={`${id}c`} class="in short figure" type="number" inputMode="numeric" min={0} max={1000} step={1} value={rules.capacity} aria-invalid={!!wrong} aria-describedby={`${id}ch`}
            onInput={(e) => put({ capacity: Math.max(0, Math.trunc(Number(e.currentTarget.value) || 0)) })} />
          <p class="help" id={`${id}ch`}>{rules.capacity ? 'Beyond that, new ones wait. Claiming goes on, and what is put off does not count.' : '0 is no limit.'}</p>
          {wrong && <p class="wrong" role="alert">{wrong}</p>}
        </div>
        <label class="tick"><input type="checkbox" checked={rules.sticky} onChange={(e) => put({ sticky: e.currentTarget.checked })} /><span>Who comes again meets the agent of last time<small>If they are here and have room.</small></span></label>
      </Section>
      <Section title="When nobody is there" lede="Outside the opening hours nothing is given out. Conversations wait, and visitors read when you are back.">
        <div class="field">
          <label for={`${id}n`}>While nobody of a department is there, its conversations</label>
          <select id={`${id}n`} class="in short" value={rules.nobody} onChange={(e) => put({ nobody: e.currentTarget.value as Rules['nobody'] })}>
            <option value="wait">Wait for the department</option>
            <option value="anyone">Go to anybody who is there</option>
          </select>
        </div>
        <After of="return_after_minutes" rules={rules} label="Give it to somebody else" help="When its agent has gone while the visitor waits." put={put} />
      </Section>
      <Section title="What nobody attends to">
        <After of="auto_close_minutes" rules={rules} label="Close it" help="Without a message for so long, unless the visitor waits for an answer or it was put off." put={put} />
        <After of="missed_after_minutes" rules={rules} label="Count it as missed" help="When the visitor has left without an answer. Closing without an answer counts at once." put={put} />
      </Section>
    </>
  );
}

function After({ of, rules, label, help, put }: { of: Minutes; rules: Rules; label: string; help: string; put(patch: Partial<Rules>): void }) {
  const id = useId();
  const choices = [...new Set([...minutes[of], rules[of]])].sort((a, b) => a - b);
  return (
    <div class="field kept">
      <label for={id}>{label}</label>
      <select id={id} class="in short" value={rules[of]} aria-describedby={`${id}h`} onChange={(e) => put({ [of]: Number(e.currentTarget.value) })}>
        {choices.map((n) => <option key={n} value={n}>{after(n)}</option>)}
      </select>
      <p class="help" id={`${id}h`}>{help}</p>
    </div>
  );
}
