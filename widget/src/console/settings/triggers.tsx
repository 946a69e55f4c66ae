// Greetings: which there are, in which order, and whether they are on. Loaded when somebody looks at them.
import '../main'; // see savedpage.tsx
import { useEffect, useState } from 'preact/hooks';
import { adopt } from '../../shared/styles';
import { Icon, down, plus } from '../../shared/icons';
import { pageLink } from '../route';
import { api } from '../server';
import { Section } from './fields';
import { edit, useSettings, type Conditions, type Settings, type Trigger } from './store';
import { TriggerForm } from './triggerform';
import css from './triggers.css';

adopt(document, css);

const most = 20;

export default function Triggers({ draft }: { draft: Settings }) {
  const { triggers } = draft;
  const [open, setOpen] = useState(-1);
  const put = (list: Trigger[]) => edit({ triggers: list });
  const change = (i: number, patch: Partial<Trigger>) => put(triggers.map((t, n) => (n === i ? { ...t, ...patch } : t)));
  // What the server did not take is to be seen.
  const wrong = useSettings((s) => /^triggers\[(\d+)\]/.exec(s.field)?.[1]);
  useEffect(() => { if (wrong !== undefined) setOpen(Number(wrong)); }, [wrong]);

  function add() {
    put([...triggers, { trigger_id: '', name: `Greeting ${triggers.length + 1}`, enabled: true, message: '', conditions: {} }]);
    setOpen(triggers.length);
  }
  function first(i: number) {
    put([triggers[i]!, ...triggers.filter((_, n) => n !== i)]);
    setOpen(-1);
  }

  return (
    <Section title="Greetings" lede="A line beside the chat’s button for visitors who do something, such as looking at your prices for a while. Each visitor sees a greeting once; of several that fit, the first one."
      action={triggers.length < most && <button type="button" class="ghost" onClick={add}><Icon of={plus} />Add a greeting</button>}>
      <Followed />
      {!triggers.length && <p class="faint">There are none yet.</p>}
      <ol class="triggers">
        {triggers.map((t, i) => (
          <li key={t.trigger_id || i} class={t.enabled ? '' : 'paused'}>
            <div class="item">
              <label class="tick"><input type="checkbox" checked={t.enabled} aria-label={`${t.name}: on`} onChange={(e) => change(i, { enabled: e.currentTarget.checked })} /></label>
              <button type="button" class="head" aria-expanded={open === i} onClick={() => setOpen(open === i ? -1 : i)}>
                <b dir="auto">{t.name || 'Without a name'}</b><span dir="auto">{t.message || 'Says nothing yet'}</span><small dir="auto">{summary(t.conditions)}</small>
                <Icon of={down} />
              </button>
            </div>
            {open === i && (
              <TriggerForm trigger={t} path={`triggers[${i}]`} change={(patch) => change(i, patch)} first={i > 0 ? () => first(i) : undefined}
                remove={() => { put(triggers.filter((_, n) => n !== i)); setOpen(-1); }} />
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** The conditions in words. */
function summary(c: Conditions): string {
  const parts = [
    c.page && `on ${c.page}`, c.referrer && `from ${c.referrer}`,
    c.seconds_on_page && `after ${c.seconds_on_page} s on a page`, c.pages_seen && `from page ${c.pages_seen} of a visit on`,
    c.returning !== undefined && (c.returning ? 'returning visitors' : 'first visits'),
    c.agents_available !== undefined && (c.agents_available ? 'while somebody is here' : 'while nobody is here'),
    c.within_hours !== undefined && (c.within_hours ? 'within the opening hours' : 'outside the opening hours'),
    ...Object.entries(c.custom_data ?? {}).map(([name, value]) => `${name} is ${String(value)}`),
  ].filter(Boolean).join(', ');
  return parts ? parts[0]!.toUpperCase() + parts.slice(1) : 'Every visitor, at once';
}

/** Nobody is greeted whose pages are not followed. */
function Followed() {
  const [off, setOff] = useState(false);
  useEffect(() => {
    api<{ tracking: boolean }>('GET', '/visitors', undefined, { query: { limit: 1 } }).then((page) => setOff(!page.tracking), () => { /* the page does without */ });
  }, []);
  return off ? <p class="notice" role="status">Pages are not followed on this site, so nobody is greeted yet. <a href={pageLink('visitors')}>How to switch that on</a></p> : null;
}
