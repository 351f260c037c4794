/** The queue put together, as the other rooms know it. */

import { createQueueParts } from './assemble.ts';
import { createDispatch, type Dispatch } from './dispatch.ts';
import { createFiring, type Firing } from './firing.ts';
import type { QueueOptions, QueueParts } from './parts.ts';
import { createJobRequests, type JobRequests } from './requests.ts';
import { createUpkeep, type Upkeep } from './upkeep.ts';

export interface Queue
	extends Pick<QueueParts, 'writer' | 'feed' | 'figures' | 'ended' | 'ring' | 'lasting' | 'close'> {
	/** For those who run jobs. */
	readonly dispatch: Dispatch;
	/** For those who ask. */
	readonly jobs: JobRequests;
	/** For schedules. */
	readonly firing: Firing;
	/** For those who keep the database small and sound. */
	readonly upkeep: Upkeep;
}

export function createQueue(options: QueueOptions): Queue {
	const parts = createQueueParts(options);
	const { writer, feed, figures, ended, ring, lasting, close } = parts;
	return {
		writer,
		feed,
		figures,
		ended,
		ring,
		lasting,
		close,
		dispatch: createDispatch(parts),
		jobs: createJobRequests(parts),
		firing: createFiring(parts),
		upkeep: createUpkeep(parts),
	};
}
