import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { exact, shortWhen } from '../../shared/format';
import { cross, Icon } from '../../shared/icons';
import { plain } from '../../shared/text';
import { closeAbout } from '../field';
import { link } from '../route';
import { get, set } from '../state';
import { Tags } from '../tags';
import { readEarlier, readTrail, readVisitor } from '../thread';
import { locale, useApp, visitorFace } from '../use';
import { Data, Facts, Identity } from './facts';
import { HostPanel } from './hostpanel';
import { Banned, Privacy } from './privacy';
import { Trail } from './trail';

const longest = 2000; // ms for which what is known waits for what is still being read

/** Who the visitor is, as far as anybody knows. Keyed by conversation. */
export function About({ id }: { id: string }) {
  const session = useApp((s) => s.sessions.get(id));
  const visitor = useApp((s) => s.visitors.get(s.sessions.get(id)?.visitor_id ?? ''));
  const slid = useApp((s) => s.aboutOpen);
  const close = useRef<HTMLButtonElement>(null);
  const visitorID = session?.visitor_id;
  const here = session?.visitor_online;

  // Each part that comes moves those below it, from under a press that is on its way: they are shown together.
  const panel = useRef<Promise<void> | undefined>(undefined);
  const [read, setRead] = useState(() => !!visitor && !get().features?.contact_panel);

  useEffect(() => {
    if (!visitorID) return;
    let off = false;
    const show = () => { if (!off) setRead(true); };
    const late = setTimeout(show, longest);
    void Promise.all([readVisitor(visitorID), readEarlier(visitorID), readTrail(visitorID), panel.current]).then(show);
    return () => { off = true; clearTimeout(late); };
  }, [visitorID]);
  // Coming or going, they may be on another page.
  useEffect(() => { if (visitorID && visitor) void readVisitor(visitorID); }, [here, session?.message_count]);
  useEffect(() => {
    if (!slid) return;
    close.current?.focus();
    const press = (e: Event) => { if (!(e.target as Element).closest('.about, .about-open')) set({ aboutOpen: false }); };
    document.addEventListener('pointerdown', press);
    return () => document.removeEventListener('pointerdown', press);
  }, [slid]);

  if (!session) return null;
  return (
    <aside class={`pane about ${slid ? 'slid' : ''}`} aria-busy={!read} aria-label={`About ${session.visitor_name}`}>
      <button ref={close} class="icon shut-about" aria-label="Close" onClick={closeAbout}><Icon of={cross} /></button>
      <div class="person">
        <Avatar person={visitorFace(session.visitor_name, session.visitor_id)} online={here} size={44} />
        <div><h2 dir="auto">{session.visitor_name}</h2><Identity session={session} visitor={visitor} /></div>
      </div>
      <div class="known">
        <Banned session={session} />
        <Facts session={session} visitor={visitor} />
        <HostPanel key={`host ${session.visitor_id}`} session={session} asked={panel} />
        <Trail key={`trail ${session.visitor_id}`} session={session} visitor={visitor} />
        <Tags session={session} />
        <Data session={session} visitor={visitor} />
        <Earlier key={session.visitor_id} id={id} visitor={session.visitor_id} />
        <Privacy key={`privacy ${session.visitor_id}`} session={session} visitor={visitor} />
      </div>
    </aside>
  );
}

function Earlier({ id, visitor }: { id: string; visitor: string }) {
  const list = useApp((s) => s.earlier.get(visitor));
  const sessions = useApp((s) => s.sessions);
  if (!list) return null;
  if (list === 'failed') {
    return <section class="sec"><h3>Other conversations</h3><p class="said">They could not be read. <button onClick={() => void readEarlier(visitor)}>Try again</button></p></section>;
  }
  const others = list.filter((s) => s.session_id !== id).map((s) => sessions.get(s.session_id) ?? s);
  if (!others.length) return null;
  return (
    <section class="sec"><h3>Other conversations</h3>
      <ul class="past">
        {others.map((s) => {
          const at = new Date(s.closed_at ?? s.last_message?.timestamp ?? s.created_at);
          return (
            <li key={s.session_id}>
              <a href={link(s.status === 'closed' ? 'closed' : 'open', s.session_id)}>
                <span dir="auto">{s.last_message ? plain(s.last_message.message) || 'Message deleted' : 'No message'}</span>
                <time dateTime={at.toISOString()} title={exact(at, locale)}>{s.status === 'active' ? 'open' : shortWhen(at, locale)}</time>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
