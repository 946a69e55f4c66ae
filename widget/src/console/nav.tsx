import { useEffect } from 'preact/hooks';
import { Avatar } from '../shared/avatar';
import { bolt, chart, check, clockFace, eye, flag, gear, Icon, inbox, mail, more, peal, people, search, type IconShapes } from '../shared/icons';
import { setAvailability, signOut } from './account';
import { mac } from './field';
import { Menu, type Item } from './menu';
import { views, type View } from './model';
import { link, pageLink } from './route';
import { get, set, type PageName, type State } from './state';
import { face, useApp } from './use';
import { t } from './words';

export const viewNames: Record<View, string> = { mine: 'Mine', unassigned: 'Unassigned', open: 'All open', later: 'Later', closed: 'Closed' };
const icons: Record<View, IconShapes> = { mine: inbox, unassigned: people, open: mail, later: clockFace, closed: check };

export const pageTitles: Record<PageName, string> = { visitors: 'Visitors', reports: 'Reports', saved: 'Saved replies', settings: 'Settings', start: 'First steps' };
export const pageIcons: Record<PageName, IconShapes> = { visitors: eye, reports: chart, saved: bolt, settings: gear, start: flag };

/** The pages that whoever is here may see. What comes and goes stands last, or the others would move under the pointer. */
export const pagesFor = (admin: boolean) => (Object.keys(pageTitles) as PageName[]).filter((p) => (p !== 'settings' || admin) && (p !== 'start' || (admin && untouched())));

/** Nobody has ever written: whoever looks after the site may want to be led. */
export const untouched = () => { const { counts } = get(); return !!counts && !counts.open && !counts.closed; };

const figure = (n: number) => (n > 9999 ? `${Math.floor(n / 1000)} k` : String(n));

export function Nav() {
  const view = useApp((s) => s.view);
  const page = useApp((s) => s.page);
  const brand = useApp((s) => s.brand);
  const counts = useApp((s) => s.counts);
  const admin = useApp((s) => s.scopes.includes('admin'));
  useEffect(() => { if (!location.hash && admin && untouched() && !get().prefs.started) location.hash = pageLink('start'); }, [counts, admin]);
  return (
    <nav class="side" aria-label="Main">
      <div class="brand"><Icon of={peal} /><span dir="auto">{brand}</span></div>
      <button class="find-or-do" onClick={() => set({ paletteOpen: true })} aria-keyshortcuts={mac ? 'Meta+K' : 'Control+K'}><Icon of={search} /><span>{t('findOrDo')}</span><kbd aria-hidden="true">{mac ? '⌘K' : 'Ctrl K'}</kbd></button>
      <ul class="nav">
        {views.map((v) => (
          <li key={v}>
            <a href={link(v)} aria-current={v === view && !page ? 'page' : undefined}>
              <Icon of={icons[v]} /><span>{viewNames[v]}</span>
              {counts && counts[v] > 0 && <b class={v === 'closed' ? 'faint' : ''}>{figure(counts[v])}</b>}
            </a>
          </li>
        ))}
      </ul>
      <ul class="nav pages">
        {pagesFor(admin).map((p) => (
          <li key={p}><a href={pageLink(p)} aria-current={p === page ? 'page' : undefined}><Icon of={pageIcons[p]} /><span>{pageTitles[p]}</span>{p === 'visitors' && <Online />}</a></li>
        ))}
      </ul>
      <Myself />
    </nav>
  );
}

/** How many visitors are on the site, where that is known and there is one. */
function Online() {
  const n = useApp((s) => s.online);
  return n ? <><i class="live" aria-hidden="true" /><b>{figure(n)}<span class="sr"> on the site</span></b></> : null;
}

const mine = (s: State) => s.me;

/** Who is at the console. One press says whether new conversations may come. */
function Myself() {
  const me = useApp(mine);
  const keyed = useApp((s) => s.auth === 'api_key');
  const write = useApp((s) => s.scopes.includes('write'));
  const admin = useApp((s) => s.scopes.includes('admin'));
  const page = useApp((s) => s.page);
  if (!me) return null;
  const here = me.availability === 'available';
  const items: Item[] = pagesFor(admin).map((p) => ({ label: pageTitles[p], run: () => { location.hash = pageLink(p); } }));
  items.push({ label: t('findOrDo'), hint: mac ? '⌘K' : 'Ctrl K', run: () => set({ paletteOpen: true }) });
  items.push({ label: t('prefsTitle'), run: () => set({ prefsOpen: true }) });
  items.push({ label: 'Keyboard shortcuts', hint: '?', run: () => set({ helpOpen: true }) });
  if (keyed) items.push({ label: 'Sign out', run: signOut });
  const who = <><Avatar person={face(me.name, me.avatar_url)} online={here} /><span class="who"><b dir="auto">{me.name}</b><small>{here ? 'Available' : 'Away'}</small></span></>;
  return (
    <div class="myself">
      {page && <b class="place" aria-hidden="true">{pageTitles[page]}</b>}
      {write
        ? (
          <button class="avail" role="switch" aria-checked={here} onClick={() => void setAvailability(here ? 'away' : 'available')}
            title={here ? 'Available for new conversations. Press to go away.' : 'Away. Press to be available again.'}>{who}</button>
        )
        : <div class="avail">{who}</div>}
      <Menu label="More" class="icon" items={items} up><Icon of={more} /></Menu>
    </div>
  );
}
