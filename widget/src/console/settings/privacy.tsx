import { useId } from 'preact/hooks';
import { useApp } from '../use';
import { Section } from './fields';
import { edit, plainly, useSettings, type Kept, type Settings } from './store';

const kinds: Record<Kept, [what: string, help: string]> = {
  closed_sessions_days: ['Closed conversations', 'With their messages, notes, files and ratings. Reports lose them too.'],
  files_days: ['Files in messages', 'Their names stay in the conversation.'],
  page_views_days: ['Pages visitors saw', 'And their visits.'],
  visitors_days: ['Visitors without a conversation', 'From when they were last here.'],
  deliveries_days: ['What was sent to webhooks', 'It goes with its events at the latest.'],
};
const usual = [0, 7, 30, 90, 180, 365, 730];
const words = (days: number) => (!days ? 'Kept until erased' : days % 365 === 0 ? (days === 365 ? '1 year' : `${days / 365} years`) : days === 1 ? '1 day' : `${days} days`);

/** What is kept, for how long, and how to answer whoever asks for it. */
export function Privacy({ draft }: { draft: Settings }) {
  return (
    <>
      <Section title="How long data is kept" lede="What is older is removed once a day, from the database’s files too. It cannot be brought back.">
        {(Object.keys(kinds) as Kept[]).map((kind) => <Days key={kind} kind={kind} draft={draft} />)}
      </Section>
      <Section title="While visitors write" lede="Agents can read along before a message is sent, and have an answer ready.">
        <label class="tick"><input type="checkbox" checked={draft.typing_preview} onChange={(e) => edit({ typing_preview: e.currentTarget.checked })} />Show agents what is being written</label>
        <p class="help">Visitors are told so above the field. What they do not send is kept nowhere.</p>
      </Section>
      <Tracking />
      <Section title="When somebody asks" lede="Beside a conversation, under Data and access.">
        <dl class="facts">
          <dt>What do you hold about me?</dt><dd>Export gives a file with everything: profile, conversations with notes, pages, visits.</dd>
          <dt>Erase it</dt><dd>Erase removes all of it at once, on every node, from the search index and from what waits for webhooks. Copies made before, such as backups, exports and what webhooks have delivered, are yours to erase.</dd>
          <dt>By themselves</dt><dd>Visitors find “Delete my data” in the chat’s own menu.</dd>
        </dl>
      </Section>
    </>
  );
}

function Days({ kind, draft }: { kind: Kept; draft: Settings }) {
  const id = useId();
  const days = draft.retention[kind], path = `retention.${kind}`;
  const wrong = useSettings((s) => (s.field === path ? plainly(s.error, path) : ''));
  const [what, help] = kinds[kind];
  const choices = [...new Set([...usual, days])].sort((a, b) => (a || Infinity) - (b || Infinity));
  return (
    <div class="field kept">
      <label for={id}>{what}</label>
      <select id={id} class="in short" value={days} aria-describedby={`${id}h`} aria-invalid={!!wrong}
        onChange={(e) => edit({ retention: { ...draft.retention, [kind]: Number(e.currentTarget.value) } })}>
        {choices.map((n) => <option key={n} value={n}>{words(n)}</option>)}
      </select>
      <p class="help" id={`${id}h`}>{help}</p>
      {wrong && <p class="wrong" role="alert">{wrong}</p>}
    </div>
  );
}

/** Whether pages are tracked is for the host's code to say, so it can only be read here. */
function Tracking() {
  const on = useApp((s) => s.features?.tracking);
  return (
    <Section title="What is stored" lede="Nothing of a visitor before they open the chat, unless pages are tracked.">
      <dl class="facts">
        <dt>With a conversation</dt><dd>What was said and sent, the name and address if they were given, language, time zone and browser, the page they are on, and what your site says of them.</dd>
        <dt>Network addresses</dt><dd>Not kept, unless your code asks for it or an address is banned.</dd>
        <dt>Pages</dt><dd>{on === undefined ? '' : on ? <span class="state">Tracked: the pages each visitor sees, without what may be private in an address</span> : <span class="state off">Not tracked</span>}<br /><span class="help">Your code says so, in <code>Options.Tracking</code>.</span></dd>
      </dl>
    </Section>
  );
}
