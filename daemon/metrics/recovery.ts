/** That the daemon started, and what it found of the one before, goes into the counts that last. */
import type { SystemStatus } from '../../shared/protocol/system.ts';
import type { Queue } from '../queue/compose.ts';
import type { Lasting } from '../queue/store/lasting.ts';

export async function countRecovery(
	{ writer, lasting }: Pick<Queue, 'writer' | 'lasting'>,
	{ killed, interrupted, requeued, resolved }: SystemStatus['recovery'],
	now: number,
): Promise<void> {
	if (killed + interrupted + requeued + resolved === 0) return;
	await writer.submit(() => {
		if (killed > 0) {
			// Each that is found is ended, and only then counted.
			lasting.add('orphans_found', killed);
			lasting.add('orphans_killed', killed);
			lasting.set('orphans_last_found', now);
		}
		lasting.add('recovered_interrupted', interrupted);
		lasting.add('recovered_requeued', requeued);
		lasting.add('recovered_resolved', resolved);
	});
}

/** Of so many starts the times are kept. */
const KEPT_STARTS = 4;

/** Within the transaction that is open. */
export function countStart(lasting: Lasting, at: number): void {
	const before = lasting.all().get('starts') ?? 0;
	lasting.add('starts', 1);
	lasting.set(`started_${before % KEPT_STARTS}`, at);
}

/** When the first of the last four was; undefined while there were fewer. */
export function fourthLastStart(lasting: ReadonlyMap<string, number>): number | undefined {
	const times = Array.from({ length: KEPT_STARTS }, (_, i) => lasting.get(`started_${i}`));
	if (times.some((at) => at === undefined)) return undefined;
	return Math.min(...times.map((at) => at ?? 0));
}
