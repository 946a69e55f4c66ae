import { cross, Icon, plus } from '../../shared/icons';
import { Section, Text } from './fields';
import { edit, plainly, useSettings, type Settings } from './store';

const most = 3;

export function General({ draft }: { draft: Settings }) {
  const wrong = useSettings((s) => (s.field.startsWith('topics') ? plainly(s.error, s.field) : ''));
  const topic = (i: number, text: string) => edit({ topics: draft.topics.map((t, n) => (n === i ? text : t)) });
  return (
    <>
      <Section title="Workspace" lede="Who visitors are talking with.">
        <Text label="Name" path="name" max={80} value={draft.name} onInput={(name) => edit({ name })} help="Of your team or company." />
      </Section>
      <Section title="Start page" lede="What visitors read when they open the chat.">
        <Text label="Greeting" path="greeting" max={500} rows={2} value={draft.greeting} onInput={(greeting) => edit({ greeting })}
          placeholder="Good morning. What can we help you with?" help="Left empty, it goes by the time of day." />
        <Text label="Reply promise" path="reply_promise" max={300} value={draft.reply_promise} onInput={(reply_promise) => edit({ reply_promise })}
          placeholder="We usually reply within the hour." help="Stands beside who is here. Promise only what holds on a busy day." />
        <fieldset class="field">
          <legend>Topics</legend>
          {draft.topics.map((text, i) => (
            <div class="line" key={i}>
              <input class="in" type="text" dir="auto" autocomplete="off" maxLength={80} aria-label={`Topic ${i + 1}`} value={text} onInput={(e) => topic(i, e.currentTarget.value)} />
              <button type="button" class="icon" aria-label={`Remove topic ${i + 1}`} onClick={() => edit({ topics: draft.topics.filter((_, n) => n !== i) })}><Icon of={cross} /></button>
            </div>
          ))}
          {draft.topics.length < most && <button type="button" class="ghost" onClick={() => edit({ topics: [...draft.topics, ''] })}><Icon of={plus} />Add a topic</button>}
          <p class="help">What a conversation may begin with, three at most.</p>
          {wrong && <p class="wrong" role="alert">{wrong}</p>}
        </fieldset>
      </Section>
    </>
  );
}
