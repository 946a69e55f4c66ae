import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Avatar } from './avatar';
import { daysBetween, exact } from './format';
import { linkify, markdown, type Part } from './text';
import type { Person } from './types';

/** Draws a piece of text that has no marks in it. */
export type Plain = (text: string) => ComponentChildren;

/** Draws parts as nodes. Line breaks are kept by the style sheet, links leave this page alone. */
export function Parts({ of, text }: { of: Part[]; text?: Plain | undefined }) {
  return (
    <>
      {of.map((part) => {
        if (typeof part === 'string') return text ? text(part) : part;
        const inside = <Parts of={part.parts} text={text} />;
        switch (part.kind) {
          case 'link': return <a href={part.url} target="_blank" rel="noopener nofollow ugc">{inside}</a>;
          case 'bold': return <strong>{inside}</strong>;
          case 'italic': return <em>{inside}</em>;
          case 'code': return <code>{inside}</code>;
          case 'pre': return <pre>{inside}</pre>;
          case 'quote': return <blockquote>{inside}</blockquote>;
          case 'bullets': return <ul>{inside}</ul>;
          case 'numbers': return <ol start={part.start}>{inside}</ol>;
          case 'item': return <li>{inside}</li>;
          case 'block': return <p>{inside}</p>;
        }
      })}
    </>
  );
}

/** The text of a message: agents and bots may use marks, a visitor's words are shown as they were typed. */
export function Body({ text, marks, plain }: { text: string; marks: boolean; plain?: Plain | undefined }) {
  return <Parts of={useMemo(() => (marks ? markdown(text) : linkify(text)), [text, marks])} text={plain} />;
}

/** What `arrange` needs to know of a message. */
export interface Placed {
  /** Who wrote it; neighbours of the same one form a group. */
  who: string;
  at: Date;
}

export interface Place {
  /** First and last of its group. */
  first: boolean;
  last: boolean;
  /** It is the first of its day, so that a line with the day stands before it. */
  newDay: boolean;
}

const together = 5 * 60_000;

/** Finds each message's place: groups are neighbours of one writer within five minutes of each other on one day. */
export function arrange(items: Placed[]): Place[] {
  const joined = (a?: Placed, b?: Placed) => !!a && !!b && a.who === b.who
    && Math.abs(b.at.getTime() - a.at.getTime()) < together && !daysBetween(a.at, b.at);
  return items.map((item, i) => ({
    first: !joined(items[i - 1], item),
    last: !joined(item, items[i + 1]),
    newDay: !items[i - 1] || daysBetween(items[i - 1]!.at, item.at) !== 0,
  }));
}

export interface BubbleProps {
  place: Place;
  /** Written on this side: stands at the end of the line, in the reader's own colour. */
  mine: boolean;
  /** Sent is solid, sending is a tint, failed is said in words. */
  state?: 'sent' | 'sending' | 'failed';
  /** The message's own, to find it by. */
  id?: string;
  /** Whose face stands beside the last of a group; none for one's own. */
  person?: Person;
  /** Whether that person is here now. */
  online?: boolean;
  /** The writer's name over the first of a group, where more than one may write. */
  who?: string;
  /** The line under the bubble: the time, and what became of it, in words. */
  meta?: ComponentChildren;
  at: Date;
  locale: string;
  class?: string;
  /** Not read out when it appears in a live region. */
  quiet?: boolean;
  children: ComponentChildren;
}

/** One message with its place in the group. */
export function Bubble({ id, place, mine, state = 'sent', person, online = false, who, meta, at, locale, class: extra = '', quiet, children }: BubbleProps) {
  const shape = place.first ? (place.last ? '' : 'first') : place.last ? 'last' : 'mid';
  return (
    <div class={`msg ${mine ? 'me' : 'them'} ${shape} ${place.first ? 'new' : ''} ${state} ${extra}`} aria-live={quiet ? 'off' : undefined} data-message={id}>
      {who && place.first && <div class="who">{who}</div>}
      {person && place.last && <Avatar person={person} online={online} />}
      <div class="b" part="message" dir="auto" title={exact(at, locale)}>{children}</div>
      {meta && <div class="meta">{meta}</div>}
    </div>
  );
}

/** Three dots. `label` says who is typing; it is not read out, because it comes and goes. */
export function Typing({ person, label }: { person: Person; label: string }) {
  return (
    <div class="msg them new typing" aria-live="off">
      <Avatar person={person} />
      <div class="b"><span class="dots" role="img" aria-label={label}><i /><i /><i /></span></div>
    </div>
  );
}
