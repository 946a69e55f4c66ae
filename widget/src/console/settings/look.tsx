import { useId } from 'preact/hooks';
import { contrast, onColor, type RGB } from '../../shared/color';
import { AskFor, Section, Text } from './fields';
import { Preview } from './preview';
import { edit, plainly, useSettings, type Settings } from './store';

/** The widget's own accent, where nothing else is said. */
export const ownColor = '#1f6a6c';

/** The numbers of a colour such as #1f6a6c or #abc. */
export function hex(color: string): RGB | undefined {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  const pairs = digits?.length === 3 ? [...digits].map((d) => d + d) : digits?.match(/../g);
  return pairs?.map((pair) => parseInt(pair, 16)) as RGB | undefined;
}

const long = (color: string) => `#${(hex(color) ?? hex(ownColor)!).map((n) => n.toString(16).padStart(2, '0')).join('')}`;

/** How the widget looks and what it asks. */
export function Look({ draft }: { draft: Settings }) {
  const id = useId();
  const wrong = useSettings((s) => (s.field === 'color' ? plainly(s.error, s.field) : ''));
  const { pre_chat: pre, away } = draft;
  const color = hex(draft.color || ownColor);
  return (
    <div class="beside">
      <div>
        <Section title="Colour">
          <div class="field">
            <label for={id}>Accent</label>
            <div class="line color">
              <input type="color" aria-label="Choose the accent" value={long(draft.color)} onInput={(e) => edit({ color: e.currentTarget.value })} />
              <input id={id} class="in short" type="text" dir="ltr" spellcheck={false} autocomplete="off" maxLength={7} placeholder={ownColor} value={draft.color}
                aria-invalid={!!wrong || !color} aria-describedby={`${id}-help`} onInput={(e) => edit({ color: e.currentTarget.value.trim() })} />
            </div>
            <p id={`${id}-help`} class={wrong || !color ? 'wrong' : 'help'} role={wrong || !color ? 'alert' : undefined}>
              {wrong || (!color ? 'Six hexadecimal digits after a #, such as #1f6a6c.'
                : `Text on it is ${onColor(color) === '#fff' ? 'white' : 'black'}, ${Math.floor(10 * contrast(color, onColor(color) === '#fff' ? [255, 255, 255] : [0, 0, 0])) / 10} to 1. It is chosen so that it can be read.`)}
            </p>
          </div>
        </Section>
        <Section title="Before the first message" lede="Who is known already is not asked again.">
          <AskFor label="Name" value={pre.visitor_name} onChange={(visitor_name) => edit({ pre_chat: { ...pre, visitor_name } })} />
          <AskFor label="E-mail" value={pre.visitor_email} onChange={(visitor_email) => edit({ pre_chat: { ...pre, visitor_email } })} />
          <AskFor label="Department" value={pre.department} onChange={(department) => edit({ pre_chat: { ...pre, department } })} />
          <Text label="Line below the field" path="pre_chat.consent" max={500} rows={2} value={pre.consent} onInput={(consent) => edit({ pre_chat: { ...pre, consent } })}
            placeholder="Used only to reply to you." help="Say here what becomes of what visitors write. [Words](https://…) become a link. The line is kept with every conversation that begins under it." />
        </Section>
        <Section title="While nobody is there" lede="Outside the opening hours, and whenever no agent is available. Messages arrive as conversations all the same.">
          <Text label="Message" path="away.message" max={500} rows={2} value={away.message} onInput={(message) => edit({ away: { ...away, message } })}
            placeholder="Leave a message and the answer will wait for you here." />
          <AskFor label="E-mail" value={away.visitor_email} onChange={(visitor_email) => edit({ away: { ...away, visitor_email } })} />
        </Section>
      </div>
      <Preview draft={draft} color={color ?? hex(ownColor)!} />
    </div>
  );
}
