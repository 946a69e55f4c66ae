import { Avatar } from '../shared/avatar';
import { firstName } from '../shared/format';
import { check, clockFace, cross, Icon, inbox, left, people, user } from '../shared/icons';
import type { Session } from '../shared/types';
import { About } from './about/about';
import { LogView } from './log';
import { Menu, type Item } from './menu';
import { Reply } from './reply';
import { link } from './route';
import { set, type State } from './state';
import { loadThread } from './thread';
import { face, until, useApp } from './use';
import { alsoReading } from './viewing';
import { t } from './words';
import { assign, claim, closeSoon, keepOpen, takeOver, transfer } from './work';

/** A conversation and, once it is known, its visitor. */
export function Talk({ id }: { id: string }) {
  const known = useApp((s) => s.sessions.has(id) && !s.missing.has(id));
  return <><Conversation key={id} id={id} />{known && <About key={`about ${id}`} id={id} />}</>;
}

/** One conversation: who it is with, what was said, and the field below. */
function Conversation({ id }: { id: string }) {
  const session = useApp((s) => s.sessions.get(id));
  const failed = useApp((s) => { const log = s.logs.get(id); return log?.state === 'failed' ? log.error ?? 'Something went wrong.' : ''; });
  const missing = useApp((s) => s.missing.has(id));
  const view = useApp((s) => s.view);

  if (missing) return <Vacant title="This conversation is no longer here" text="It may have been erased, or the link is not complete." back={link(view)} />;
  if (!session && failed) {
    return <Vacant title="This conversation could not be read" text={failed} back={link(view)} retry={() => void loadThread(id)} />;
  }
  return (
    <section class="pane conv" aria-label={session ? `Conversation with ${session.visitor_name}` : 'Conversation'}>
      {session ? <Head session={session} back={link(view)} /> : <header><a class="icon back" href={link(view)} aria-label="Back to the list"><Icon of={left} /></a></header>}
      <LogView id={id} />
      {session && <Reply id={id} />}
    </section>
  );
}

function Vacant({ title, text, back, retry }: { title: string; text: string; back: string; retry?(): void }) {
  return (
    <section class="pane conv vacant" aria-label={title}>
      <div class="still" role="status">
        <Icon of={inbox} /><b>{title}</b><p dir="auto">{text}</p>
        <p class="ways">{retry && <button class="ghost" onClick={retry}>Try again</button>}<a class="ghost" href={back}>Back to the list</a></p>
      </div>
    </section>
  );
}

function Head({ session: s, back }: { session: Session; back: string }) {
  const write = useApp((state) => state.scopes.includes('write'));
  const about = useApp((state) => state.aboutOpen);
  const closing = useApp((state) => state.closing?.id === s.session_id);
  return (
    <header>
      <a class="icon back" href={back} aria-label="Back to the list"><Icon of={left} /></a>
      <div class="with">
        <h2 dir="auto">{s.visitor_name}</h2>
        <Line session={s} />
      </div>
      <div class="tools">
        {write && s.status === 'active' && <Hands session={s} />}
        {write && s.status === 'active' && <button class="ghost put" onClick={() => set({ later: [s.session_id] })} title="Put it off (h)"><Icon of={clockFace} /><span>Later</span></button>}
        {write && s.status === 'active' && (closing
          ? <button class="ghost close" onClick={(e) => { if (e.detail < 2) keepOpen(); /* the second half of a double click is not a change of mind */ }} title="Do not close it after all (z)"><Icon of={cross} /><span>Keep open</span></button>
          : <button class="ghost close" onClick={() => closeSoon(s.session_id)} title="Close the conversation (e)"><Icon of={check} /><span>Close</span></button>)}
        <button class="icon about-open" aria-label={`About ${s.visitor_name}`} title="About the visitor (i)" aria-expanded={about} onClick={() => set({ aboutOpen: !about })}><Icon of={user} /></button>
      </div>
    </header>
  );
}

/** One line under the name: who writes now, or whose conversation it is. */
function Line({ session: s }: { session: Session }) {
  const typing = useApp((state: State) => state.typing.get(s.session_id));
  const me = useApp((state) => state.me);
  const readers = useApp((state) => alsoReading(state.agents, s.session_id, state.me?.agent_id).map((a) => a.name).join('\n'));
  const colleague = typing && [...typing.agents.values()][0];
  if (colleague) return <small class="also"><Avatar person={face(colleague.name)} size={16} /><span>{t('writingToo', { name: firstName(colleague.name) })}</span></small>;
  if (readers && !typing?.visitor) {
    const [first, ...more] = readers.split('\n');
    return <small class="also"><Avatar person={face(first!)} size={16} /><span>{t(more.length ? 'readingAll' : 'readingToo', { name: firstName(first!), n: more.length })}</span></small>;
  }
  if (typing?.visitor) return <small class="doing">{firstName(s.visitor_name)} is writing…</small>;
  if (s.status === 'closed') return <small>Closed</small>;
  const where = s.visitor_online ? 'Here now' : 'Not here now';
  const hands = !s.assignee_id ? 'unclaimed' : s.assignee_id === me?.agent_id ? 'with you' : `with ${firstName(s.assignee_name ?? '') || 'somebody else'}`;
  if (s.snoozed_until) return <small>Put off {until(s.snoozed_until, Date.now())}, {hands}</small>;
  return <small>{where}, {hands}{s.department && <> in <bdi>{s.department}</bdi></>}</small>;
}

/** Whose hands it is in: one button for what is usual, a list for everything else. */
function Hands({ session: s }: { session: Session }) {
  const me = useApp((state) => state.me);
  const agents = useApp((state) => state.agents);
  const id = s.session_id;
  const ours = s.assignee_id && s.assignee_id === me?.agent_id;
  const known = agents.some((a) => a.agent_id === me?.agent_id) || !me ? agents : [me, ...agents];
  const items: Item[] = known.map((a) => ({
    label: a.agent_id === me?.agent_id ? `${a.name} (you)` : a.name,
    hint: a.availability === 'away' ? 'Away' : a.online ? '' : 'Not here',
    chosen: a.agent_id === s.assignee_id,
    icon: <Avatar person={face(a.name, a.avatar_url)} size={20} />,
    run: () => void assign(id, a),
  }));
  const departments = useApp((state) => state.departments);
  for (const name of departments) items.push({ label: name, hint: 'Department', icon: <Icon of={people} />, run: () => void transfer(id, name) });
  items.push({ label: 'Nobody', chosen: !s.assignee_id, icon: <span class="none" aria-hidden="true" />, run: () => void assign(id, undefined) });
  return (
    <>
      <Menu class="ghost hands" items={items}>
        <span class="sr">Assigned to </span>
        {s.assignee_id ? <Avatar person={face(s.assignee_name ?? '')} size={18} /> : <span class="none" aria-hidden="true" />}
        <span dir="auto">{s.assignee_id ? firstName(s.assignee_name ?? '') || 'Somebody' : 'Nobody'}</span>
      </Menu>
      {ours
        ? <button class="ghost" onClick={() => void assign(id, undefined)} title="Give it back for anybody to claim">Release</button>
        : s.assignee_id
          ? <button class="ghost" onClick={() => takeOver(id)} title="Take it over (m)">Assign to me</button>
          : <button class="solid" onClick={() => void claim(id)} title="Take this conversation (m)">Claim</button>}
    </>
  );
}
