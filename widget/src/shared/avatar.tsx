import { useState } from 'preact/hooks';
import { initials } from './format';
import type { Person } from './types';

/** One of five quiet tints, always the same for the same person. */
function tint(name: string): number {
  let sum = 7;
  for (const char of name) sum = Math.imul(sum ^ char.codePointAt(0)!, 16777619);
  return 1 + (sum >>> 8) % 5;
}

/** A face, or initials where there is no picture or it does not load. `online` adds the green dot. Decoration: the name stands beside it. */
export function Avatar({ person, online = false, size }: { person: Person; online?: boolean; size?: number }) {
  const [broken, setBroken] = useState('');
  const url = person.avatar_url;
  return (
    <span class={`av c${tint(person.tint ?? person.name)}${online ? ' on' : ''}`} style={size ? { '--av': `${size}px` } : undefined} aria-hidden="true">
      {url && url !== broken
        ? <img src={url} alt="" loading="lazy" referrerpolicy="no-referrer" onError={() => setBroken(url)} />
        : initials(person.name)}
    </span>
  );
}
