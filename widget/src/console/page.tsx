import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { partMissed } from './renewed';
import type { PageName } from './state';

const loads: Record<PageName, () => Promise<{ default: FunctionComponent }>> = {
  start: () => import('./startpage'),
  visitors: () => import('./visitorspage'),
  reports: () => import('./reports/reportspage'),
  saved: () => import('./savedpage'),
  settings: () => import('./settings/settings'),
};

/** A page beside the conversations. What it needs comes when it is first looked at. */
export function Page({ name }: { name: PageName }) {
  const [Shown, setShown] = useState<{ it: FunctionComponent }>();
  const [failed, setFailed] = useState(0);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let gone = false;
    loads[name]().then((m) => { if (!gone) setShown({ it: m.default }); }, () => { if (!gone) { setFailed(tries + 1); partMissed(); } });
    return () => { gone = true; };
  }, [name, tries]);
  if (Shown) return <Shown.it />;
  return (
    <section class="pane page" aria-busy={failed <= tries}>
      {failed > tries && <div class="still" role="status"><p>This page could not be loaded.</p><button class="ghost" onClick={() => setTries(failed)}>Try again</button></div>}
    </section>
  );
}
