/** A queue on a machine whose power, battery, idleness and load the test decides. */
import type { ConditionSet, Conditions } from '../../daemon/queue/ports/conditions.ts';
import type { Order } from '../../daemon/queue/store/tx.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { openQueue, type TestQueue, task } from './queue.ts';

/** A machine on which each condition is as it is told to be. */
export class FakeMachine implements Conditions {
	ac = true;
	idle = true;
	percent = 100;
	busy = false;
	asked = 0;

	met(set: ConditionSet): boolean {
		this.asked++;
		return this.unmet(set).length === 0;
	}

	lost(set: ConditionSet): string | undefined {
		return this.unmet(set)[0]?.message;
	}

	unmet(set: ConditionSet) {
		const unmet = [];
		const since = 0;
		if (set.power === 'ac' && !this.ac) {
			unmet.push({ kind: 'power' as const, message: 'waiting for AC power', since });
		}
		if (!this.ac && this.percent < (set.minBattery ?? 0)) {
			unmet.push({ kind: 'battery' as const, message: 'waiting for the battery', since });
		}
		if (set.idle && !this.idle) {
			unmet.push({ kind: 'idle' as const, message: 'waiting to be idle', since });
		}
		return unmet;
	}

	crowded(): boolean {
		return this.busy;
	}

	crowd(): string | undefined {
		return this.busy ? 'busy' : undefined;
	}
}

/** A queue on such a machine, and the orders that it gives to runs. */
export function open(): { queue: TestQueue; machine: FakeMachine; orders: Order[] } {
	const machine = new FakeMachine();
	const queue = openQueue({ conditions: machine });
	const orders: Order[] = [];
	queue.parts.feed.onEffects((effects) => orders.push(...effects.orders));
	return { queue, machine, orders };
}

export const job = (queue: TestQueue, id: string) => queue.jobs.get(id).job;

export async function enqueueOne(queue: TestQueue, spec: Partial<JobSpecInput>): Promise<string> {
	const [answer] = await queue.enqueue(task(spec));
	if (answer === undefined) throw new Error('Nothing was enqueued.');
	return answer.id;
}

export const AC = { constraints: { power: 'ac' } } as const;
