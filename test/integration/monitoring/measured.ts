/** The real queue with its metrics, without a daemon. */
import { join } from 'node:path';
import { createCounting, type Metrics } from '../../../daemon/metrics/compose.ts';
import type { RingRow } from '../../../shared/protocol/stats.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue, type TestQueue } from '../../support/queue.ts';

export interface MeasuredQueue {
	readonly queue: TestQueue;
	readonly metrics: Metrics;
	/** Something cannot be measured. */
	broken: boolean;
	/** Of the ring. */
	rows(): RingRow[];
}

const NOBODY = { instance: '', pid: 1, endpoint: '', protocol: 1, version: '', buildId: '' };

export function measuredQueue({
	file = join(temporaryFolder(), 'jobs.db'),
	clock = new FakeClock(),
	idsUsed = 0,
} = {}): MeasuredQueue {
	const counting = createCounting();
	const queue = openQueue({ file, clock, idsUsed, committing: counting.committing });
	const { feed, figures, ring, lasting } = queue.parts;
	counting.listen(feed);
	const metrics = counting.serve({
		state: { ...NOBODY, builtAt: 0, startedAt: clock.now() },
		figures,
		ring,
		lasting,
		// Nobody asks its thread.
		history: { entry: '', file, nativeFolder: undefined },
		now: () => clock.now(),
		databaseFile: file,
		payloads: { storedBytes: () => 5, quotaBytes: () => 10 },
		liveLogBytes: () => {
			if (measured.broken) throw new Error('The disk does not answer.');
			return 0;
		},
		countLeft: async () => 0,
		clients: () => 0,
		draining: () => false,
		machine: () => ({ onMains: true }),
		indexes: { any: () => false, status: async () => ({ indexes: [] }) },
	});
	const measured: MeasuredQueue = {
		queue,
		metrics,
		broken: false,
		rows: () => ring.lastDay(clock.now()).map((told) => JSON.parse(told) as RingRow),
	};
	return measured;
}
