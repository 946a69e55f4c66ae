// When something that is put off may come back. In the agent's own time, so that nine in the morning stays nine over a change of the clocks.

export interface Choice { label: string; until: string; at?: Date }

const on = (now: Date, days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);

/** What is offered at a time of day: only what still lies ahead, and nothing twice. */
export function choices(now: Date): Choice[] {
  const list: [string, Date][] = [['In an hour', new Date(now.getTime() + 3_600_000)]];
  if (now.getHours() < 14) list.push(['This afternoon', on(now, 0, 15)]);
  else if (now.getHours() < 17) list.push(['This evening', on(now, 0, 18)]);
  list.push(['Tomorrow', on(now, 1, 9)]);
  const monday = (8 - now.getDay()) % 7 || 7;
  if (monday > 1) list.push(['Monday', on(now, monday, 9)]);
  return [...list.map(([label, at]) => ({ label, at, until: at.toISOString() })), { label: 'When they reply', until: 'reply' }];
}
