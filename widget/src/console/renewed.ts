// A console that stays open for days grows older than its server: what it has not loaded by then is there no more.
import { say } from './state';
import { t } from './words';

/** Whether the server has another console than this one by now. */
async function renewed(): Promise<boolean> {
  const entry = document.querySelector('script[type=module]')?.getAttribute('src');
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  return answer.ok && !!entry && !(await answer.text()).includes(entry);
}

/** Says why a part did not come, and what helps. */
export function partMissed() {
  renewed().catch(() => false).then((yes) => {
    if (yes) say({ text: t('renewed'), act: { label: t('reload'), run: () => location.reload() } }, 3_600_000);
    else say({ text: t('partMissing'), bad: true });
  });
}
