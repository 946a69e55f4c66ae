import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import type { Agent } from '../../shared/types';
import { every, words } from '../server';
import { set } from '../state';
import { face, useApp } from '../use';
import { Section } from './fields';

/** Who can sign in: the host's own login decides, so this is a list and not a form. */
export function Team() {
  const agents = useApp((s) => s.agents);
  const me = useApp((s) => s.me);
  const [error, setError] = useState('');
  useEffect(() => {
    every<Agent>('/agents', 'agents').then((agents) => set({ agents }), (err) => setError(words(err)));
  }, []);
  return (
    <>
      <Section title="Agents" lede="Whoever your site’s own login lets in. They are listed from their first visit on, and need no account here.">
        {error && <p class="wrong" role="alert">{error}</p>}
        <div class="wide"><table>
          <thead><tr><th>Name</th><th class="spare">E-mail</th><th>May</th><th>Now</th></tr></thead>
          <tbody>{agents.map((a) => (
            <tr key={a.agent_id}>
              <td><span class="who-cell"><Avatar person={face(a.name, a.avatar_url)} size={24} /><span dir="auto">{a.name}{a.agent_id === me?.agent_id && <small class="faint"> (you)</small>}</span></span></td>
              <td class="spare" dir="auto">{a.email}</td>
              <td>{a.admin ? 'Everything' : 'Read and write'}</td>
              <td>{!a.online ? <span class="state off">Not here</span> : a.availability === 'away' ? <span class="state late">Away</span> : <span class="state">Available</span>}</td>
            </tr>
          ))}</tbody>
        </table></div>
        {!agents.length && !error && <p class="faint">Nobody has signed in yet.</p>}
      </Section>
      <Section title="Who can sign in" lede="Your Go code says so: the function Options.Agent looks at each request and answers with the agent, or with an error.">
        <p class="help">To invite a colleague, give them an account on your site that this function accepts, and send them this page’s address. To take access away, take it away there: open streams end within seconds. Admin in the answer decides who sees the settings.</p>
      </Section>
    </>
  );
}
