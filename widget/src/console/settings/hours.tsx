import { useId, useState } from 'preact/hooks';
import { cross, Icon, plus } from '../../shared/icons';
import { locale } from '../use';
import { Section } from './fields';
import { edit, plainly, useSettings, weekdays, type Interval, type OpeningHours, type Settings, type Weekday } from './store';

/** What a week begins with where none was written down: closed on every day is what nobody means. */
const usual = [{ from: '09:00', to: '17:00' }];
const working = { monday: usual, tuesday: usual, wednesday: usual, thursday: usual, friday: usual };

const capital = (day: string) => day[0]!.toUpperCase() + day.slice(1);
const zones = (own: string) => [...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])];
/** Midnight at the end of a day is 24:00 to the server and 00:00 to a time field. */
const shown = (time: string) => (time === '24:00' ? '00:00' : time);

/** The general hours. */
export function Hours({ draft }: { draft: Settings }) {
  const wrong = useSettings((s) => s);
  return <Opening hours={draft.hours} put={(hours) => edit({ hours })} wrong={wrong} />;
}

/** What the server said is wrong. */
interface Wrong { error: string; field: string }
const wrongAt = ({ error, field }: Wrong, path: string) => (field.startsWith(path) ? plainly(error, field) : '');

/** The hours of the week and the days on which they do not hold, for everybody or for one department. */
export function Opening({ hours, put, wrong: all }: { hours: OpeningHours; put(hours: OpeningHours): void; wrong: Wrong }) {
  const id = useId();
  const change = (patch: Partial<OpeningHours>) => put({ ...hours, ...patch });
  const wrong = wrongAt(all, 'hours.time_zone');
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const blank = weekdays.every((day) => !hours.weekly[day].length);
  return (
    <>
      <Section title="Opening hours" lede="Outside of them nobody counts as being there, and visitors read when you are back.">
        <label class="tick"><input type="checkbox" checked={hours.enabled}
          onChange={(e) => change(e.currentTarget.checked ? {
            enabled: true, ...(hours.time_zone === 'UTC' && here && { time_zone: here }), ...(blank && { weekly: { ...hours.weekly, ...working } }),
          } : { enabled: false })} />Open at certain hours only</label>
        {hours.enabled && (
          <>
            <div class="field">
              <label for={id}>Time zone</label>
              <select id={id} class="in short" value={hours.time_zone} aria-invalid={!!wrong} onChange={(e) => change({ time_zone: e.currentTarget.value })}>
                {zones(hours.time_zone).map((zone) => <option key={zone} value={zone}>{zone.replaceAll('_', ' ')}</option>)}
              </select>
              {wrong && <p class="wrong" role="alert">{wrong}</p>}
            </div>
            <div class="week">
              {weekdays.map((day) => <Day key={day} day={day} wrong={wrongAt(all, `hours.weekly.${day}`)} list={hours.weekly[day]} put={(list) => change({ weekly: { ...hours.weekly, [day]: list } })} />)}
            </div>
            <button type="button" class="ghost" onClick={() => {
              const { monday } = hours.weekly;
              change({ weekly: { ...hours.weekly, tuesday: monday, wednesday: monday, thursday: monday, friday: monday } });
            }}>Copy Monday to Friday</button>
            <p class="help">An end that is not after the beginning lies on the next day.</p>
          </>
        )}
      </Section>
      {hours.enabled && <Holidays list={hours.holidays} put={(holidays) => change({ holidays })} />}
    </>
  );
}

function Day({ day, list, wrong, put }: { day: Weekday; list: Interval[]; wrong: string; put(list: Interval[]): void }) {
  const name = capital(day);
  const turn = (i: number, patch: Partial<Interval>) => put(list.map((one, n) => {
    if (n !== i) return one;
    const next = { ...one, ...patch };
    return next.from === '00:00' && next.to === '00:00' ? { ...next, to: '24:00' } : next;
  }));
  return (
    <div class="weekday" role="group" aria-label={name}>
      <label class="tick"><input type="checkbox" checked={list.length > 0} onChange={(e) => put(e.currentTarget.checked ? usual : [])} />{name}</label>
      <div class="times">
        {!list.length && <span class="faint">Closed</span>}
        {list.map((one, i) => (
          <div class="line" key={i}>
            <input class="in" type="time" aria-label={`${name} from`} required value={one.from} onInput={(e) => e.currentTarget.value && turn(i, { from: e.currentTarget.value })} />
            <span aria-hidden="true">–</span>
            <input class="in" type="time" aria-label={`${name} to`} required value={shown(one.to)} onInput={(e) => e.currentTarget.value && turn(i, { to: e.currentTarget.value })} />
            {list.length > 1 && <button type="button" class="icon" aria-label={`Remove ${one.from} to ${shown(one.to)} on ${name}`} onClick={() => put(list.filter((_, n) => n !== i))}><Icon of={cross} /></button>}
            {i === list.length - 1 && list.length < 4 && one.to > one.from && one.to < '22:00' && (
              <button type="button" class="icon" aria-label={`Add hours on ${name}`} title="Add hours" onClick={() => put([...list, later(one.to)])}><Icon of={plus} /></button>
            )}
          </div>
        ))}
        {wrong && <p class="wrong" role="alert">{wrong}</p>}
      </div>
    </div>
  );
}

/** An interval an hour after the one above, an hour long at least. */
function later(end: string): Interval {
  const hour = Number(end.slice(0, 2)) + 1;
  const at = (h: number) => `${String(h).padStart(2, '0')}:00`;
  return { from: at(hour), to: at(Math.min(24, Math.max(18, hour + 1))) };
}

function Holidays({ list, put }: { list: string[]; put(list: string[]): void }) {
  const id = useId();
  const [date, setDate] = useState('');
  const add = () => { if (date && !list.includes(date)) put([...list, date].sort()); setDate(''); };
  const words = (iso: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone: 'UTC' }).format(new Date(iso));
  return (
    <Section title="Holidays" lede="Days on which you stay closed.">
      <ul class="days">
        {list.map((iso) => (
          <li key={iso}><time dateTime={iso}>{words(iso)}</time>
            <button type="button" class="icon" aria-label={`Remove ${words(iso)}`} onClick={() => put(list.filter((one) => one !== iso))}><Icon of={cross} /></button></li>
        ))}
      </ul>
      <div class="field">
        <label for={id}>Day</label>
        <div class="line">
          <input id={id} class="in short" type="date" value={date} onInput={(e) => setDate(e.currentTarget.value)} />
          <button type="button" class="ghost" onClick={add}><Icon of={plus} />Add</button>
        </div>
      </div>
    </Section>
  );
}
