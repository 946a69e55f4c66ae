import { Bans } from './bans';

/** What is kept, for how long, and who is kept out. */
export function Privacy() {
  return <Bans />;
}
