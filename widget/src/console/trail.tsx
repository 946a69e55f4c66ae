import { useEffect, useState } from 'preact/hooks';
import { exact } from '../shared/format';
import type { Step } from '../shared/types';
import { words } from './server';
import { lineOf } from './step';
import { ago, locale, useApp } from './use';
import { readTrail } from './visitors';

/** What a visitor saw and did, the latest first. It is read again when they have opened another page. */
export function Trail({ visitor, pages }: { visitor: string; pages: number }) {
  const [lines, setLines] = useState<Step[]>();
  const [failed, setFailed] = useState('');
  const now = useApp((s) => s.now);
  useEffect(() => {
    let gone = false;
    readTrail(visitor).then((list) => { if (!gone) { setLines(list); setFailed(''); } }, (err: unknown) => { if (!gone) setFailed(words(err)); });
    return () => { gone = true; };
  }, [visitor, pages]);
  if (failed) return <p class="faint" role="status">What they looked at could not be read. {failed}</p>;
  if (!lines?.length) return null;
  return (
    <ol class="looked" tabIndex={0} aria-label="What they looked at">
      {lines.map((line) => (
        <li class={line.name ? 'did' : ''}>
          <span dir="auto" title={line.url}>{lineOf(line).text}{lineOf(line).more && <small>{lineOf(line).more}</small>}</span>
          <time dateTime={line.timestamp} title={exact(new Date(line.timestamp), locale)}>{ago(line.timestamp, now)}</time>
        </li>
      ))}
    </ol>
  );
}
