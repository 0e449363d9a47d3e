/**
 * Connections that came because memwatch stopped the target: what its clients had no answer to, they ask over new sockets. In:
 * findings of a search, and the watch before it, which has no pauses of that length. Out: which findings that explains. Pure.
 */
import type { Finding } from '../analyzer/model/finding.js';
import type { Watched } from './watch.js';

/** Fewer sockets a round may come by chance. */
const fewest = 3;
/** Before the search, at most this share of the sockets came that should have come at the rate of the search. */
const mostBefore = 0.2;

/** Whether it gains open sockets, of which next to none came in the rounds of the watch. */
export const isOpenedInPauses = ({ container, gains }: Finding, { roundReadings }: Watched): boolean => {
  const isSocket = container.id !== 0 && /^(TCP|Pipe)$/.test(container.name);
  const gained = gains.find(({ name }) => name === 'TCP' || name === 'Pipe' || (isSocket && name === 'Socket'));
  const counts = roundReadings.map(({ resources }) => (resources['TCPSocketWrap'] ?? 0) + (resources['PipeWrap'] ?? 0));
  const [first, last] = [counts[0], counts.at(-1)];
  if (gained === undefined || gained.countPerRound < fewest || first === undefined || last === undefined) return false;
  return counts.length > 2 && last - first <= mostBefore * gained.countPerRound * (counts.length - 1);
};

export const openedInPauses =
  'sockets were opened while snapshots stopped it, and none before: its clients asked again over new ones; --max-pause 1s looks without long pauses';
