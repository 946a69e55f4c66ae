// Charts, drawn as large as they stand there, each with words and a table for those who do not see them.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { locale } from '../use';
import { many, number, type Point, type Weekday } from './figures';
import { behind } from './reports';

/** The width that an element has got. */
function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = ref.current!;
    const seen = new ResizeObserver(() => setWidth(el.clientWidth));
    seen.observe(el);
    setWidth(el.clientWidth);
    return () => seen.disconnect();
  }, []);
  return [ref, width];
}

/** Round steps from 0 to at least the greatest value: 0, 25, 50, 75. */
export function ticks(greatest: number): number[] {
  const most = Math.max(greatest, 3);
  const rough = most / 3;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 2.5, 5, 10].map((f) => f * size).find((s) => s >= rough && Number.isInteger(s)) ?? Math.ceil(rough));
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

const written = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);

/** A moment that the server gave in the reader's zone, named as a day or an hour. */
export function naming(hourly: boolean) {
  const short = hourly ? written({ hour: '2-digit', minute: '2-digit' }) : written({ day: 'numeric', month: 'short' });
  const full = hourly ? short : written({ weekday: 'long', day: 'numeric', month: 'long' });
  return { short: (p: Point) => short.format(new Date(p.start)), full: (p: Point) => full.format(new Date(p.start)) };
}

interface LineProps { points: Point[]; before: Point[]; hourly: boolean; value: (p: Point) => number; what: string; unit: [one: string, more: string] }

const left = 34, under = 24, over = 10, height = 240;

/** Counts over time, with the period before as dots. The arrows go from point to point. */
export function Line({ points, before, hourly, value, what, unit }: LineProps) {
  const [box, width] = useWidth();
  const [at, setAt] = useState<number>();
  const list = points.map(value), was = before.map(value);
  const steps = ticks(Math.max(0, ...list, ...was.slice(0, list.length)));
  const most = steps.at(-1)!;
  const y = (v: number) => over + (height - under - over) * (1 - v / most);
  const x = (i: number) => left + (list.length < 2 ? (width - left) / 2 : (i * (width - left - 8)) / (list.length - 1));
  const path = (values: number[]) => values.slice(0, list.length).map((v, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join('');
  const name = naming(hourly);
  const best = list.indexOf(Math.max(...list));
  const sum = list.reduce((a, b) => a + b, 0);
  const said = sum
    ? `${what}: ${many(sum, ...unit)} in all, most ${hourly ? 'at' : 'on'} ${name.full(points[best]!)} with ${number(list[best]!)}.`
    : `${what}: none in this period.`;
  const told = at !== undefined && points[at] ? `${name.short(points[at])}: ${number(list[at]!)}${before[at] ? `, was ${number(was[at]!)}` : ''}` : '';
  const marks = Math.max(2, Math.min(list.length, Math.floor(width / 130)));
  const every = Math.max(1, Math.ceil((list.length - 1) / (marks - 1 || 1)));
  const tip = Math.max(96, told.length * 7 + 20);

  function key(e: KeyboardEvent) {
    const to = { ArrowRight: (at ?? -1) + 1, ArrowLeft: (at ?? list.length) - 1, Home: 0, End: list.length - 1 }[e.key];
    if (e.key === 'Escape') return setAt(undefined);
    if (to === undefined) return;
    e.preventDefault();
    setAt(Math.min(list.length - 1, Math.max(0, to)));
  }

  return (
    <div class="chart-box" ref={box} dir="ltr">
      <div class="chart-hold" tabIndex={0} role="group" aria-label={`${said} Arrow keys go from one to the next.`} onKeyDown={key} onBlur={() => setAt(undefined)}
        onPointerMove={(e) => {
          const r = box.current!.getBoundingClientRect();
          setAt(Math.min(list.length - 1, Math.max(0, Math.round(((e.clientX - r.left - left) / Math.max(1, width - left - 8)) * (list.length - 1)))));
        }}
        onPointerLeave={() => setAt(undefined)}>
        {width > 0 && (
          <svg class="chart" width={width} height={height} aria-hidden="true">
            {steps.map((s) => <g class="grid"><line x1={left} x2={width} y1={y(s)} y2={y(s)} /><text x={left - 10} y={y(s) + 4} text-anchor="end">{number(s)}</text></g>)}
            {points.map((p, i) => (i % every === 0 || list.length === 1) && <text x={x(i)} y={height - 4} text-anchor={i ? (x(i) > width - 40 ? 'end' : 'middle') : 'start'}>{name.short(p)}</text>)}
            {was.length > 1 && list.length > 1 && <path class="compare" d={path(was)} />}
            {list.length > 1 && <><path class="area" d={`${path(list)}L${x(list.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`} /><path class="line" d={path(list)} /></>}
            {list.length === 1 && <circle class="dot" cx={x(0)} cy={y(list[0]!)} r="4.5" />}
            {told && (
              <g class="tip">
                <line x1={x(at!)} x2={x(at!)} y1={over} y2={y(0)} /><circle cx={x(at!)} cy={y(list[at!]!)} r="4.5" />
                <rect x={Math.max(left, x(at!) - tip - 10 < left ? Math.min(x(at!) + 10, width - tip) : x(at!) - tip - 10)} y={over + 2} width={tip} height="26" rx="8" />
                <text x={Math.max(left, x(at!) - tip - 10 < left ? Math.min(x(at!) + 10, width - tip) : x(at!) - tip - 10) + tip / 2} y={over + 19} text-anchor="middle">{told}</text>
              </g>
            )}
          </svg>
        )}
        <span class="sr" role="status">{told}</span>
      </div>
    </div>
  );
}

/** The same as a chart, to read or to copy. */
export function AsTable({ head, rows }: { head: string[]; rows: ComponentChildren[][] }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table" open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (
        <div class="wide" tabIndex={0} role="group" aria-label="The figures of the chart">
          <table><thead><tr>{head.map((h) => <th scope="col">{h}</th>)}</tr></thead>
            <tbody>{rows.map(([first, ...rest]) => <tr><th scope="row">{first}</th>{rest.map((cell) => <td>{cell}</td>)}</tr>)}</tbody></table>
        </div>
      )}
    </details>
  );
}

const dayNames = Array.from({ length: 7 }, (_, i) => new Date(2026, 10, 23 + i)); // from a Monday on
const hourName = (h: number) => `${String(h).padStart(2, '0')}:00`;

/** When people write: a row for each weekday, a cell for each hour. */
export function Heat({ weekdays }: { weekdays: Weekday[] }) {
  const [place, setPlace] = useState<[day: number, hour: number]>([0, 9]);
  const table = useRef<HTMLTableElement>(null);
  const most = Math.max(...weekdays.flatMap((d) => d.sessions));
  const manned = weekdays.some((d) => d.available_s.some((s) => s > 0));
  const long = written({ weekday: 'long' }), short = written({ weekday: 'short' });

  function key(e: KeyboardEvent) {
    const [d, h] = place;
    const flip = getComputedStyle(table.current!).direction === 'rtl' ? -1 : 1;
    const to: Record<string, [number, number]> = {
      ArrowDown: [d + 1, h], ArrowUp: [d - 1, h], ArrowRight: [d, h + flip], ArrowLeft: [d, h - flip], Home: [d, 0], End: [d, 23],
    };
    const next = to[e.key];
    if (!next) return;
    e.preventDefault();
    const [nd, nh] = [Math.min(6, Math.max(0, next[0])), Math.min(23, Math.max(0, next[1]))];
    setPlace([nd, nh]);
    table.current!.querySelector<HTMLElement>(`[data-at="${nd}.${nh}"]`)?.focus();
  }

  return (
    <div class="wide heat">
      <table ref={table} role="grid" aria-label="Conversations by weekday and hour. Arrow keys move." onKeyDown={key}>
        <thead><tr><th><span class="sr">Day</span></th>{weekdays[0]!.sessions.map((_, h) => <th scope="col"><span class={h % 3 ? 'sr' : ''}>{String(h).padStart(2, '0')}</span></th>)}</tr></thead>
        <tbody>
          {weekdays.map((d, i) => (
            <tr>
              <th scope="row"><span aria-hidden="true">{short.format(dayNames[i])}</span><span class="sr">{long.format(dayNames[i])}</span></th>
              {d.sessions.map((n, h) => {
                const alone = manned && n > 0 && !d.available_s[h];
                const words = `${long.format(dayNames[i])} ${hourName(h)}: ${many(n, 'conversation')}${alone ? ', nobody was available' : ''}`;
                return (
                  <td class={alone ? 'alone' : ''} style={{ '--n': most ? (n / most).toFixed(3) : 0 }}>
                    <a data-at={`${i}.${h}`} href={behind('sessions', i, h)} tabIndex={place[0] === i && place[1] === h ? 0 : -1} aria-label={words} title={words} onFocus={() => setPlace([i, h])} />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
