/** Work on many rows in one group: it ends early where the machine is slow, so that nobody waits long for it. */
import type { Clock } from '../ports/clock.ts';

const SPELL_MS = 8;

/** Begins now; true once the group has had its time. */
export function beginSpell(clock: Pick<Clock, 'monotonic'>): () => boolean {
	const until = clock.monotonic() + SPELL_MS;
	return () => clock.monotonic() > until;
}
