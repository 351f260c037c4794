/** Jobs of the shared queue as this machine knows them: those that it sent, and those of others that it has seen. */
import { randomUUID } from 'node:crypto';
import { SemanticaError } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Elsewhere } from './directory.ts';
import { explained } from './explained.ts';
import type { JoinedMachine } from './joined.ts';
import type { Membership } from './membership.ts';
import { jobOfOthers, type MirrorOptions, mirroredJob } from './mirror.ts';
import type { FleetOptions } from './options.ts';
import { sealOrder } from './orders.ts';
import { envelopeOf, sharedOf } from './outbox.ts';
import { NEVER_MS, type SharedJob } from './port.ts';
import type { FleetTable } from './table.ts';
import type { Identity } from './trust.ts';

export interface ElsewhereOptions extends Pick<FleetOptions, 'clock' | 'submit'> {
	readonly membership: Membership;
	readonly table: FleetTable;
	readonly me: () => Identity;
	readonly machine: () => JoinedMachine | undefined;
	/** @throws SemanticaError CONFLICT */
	readonly joined: () => JoinedMachine;
	readonly changed: (ids: readonly string[]) => void;
}

/** Sentences for `job/explain` while nothing is joined. */
export const NOT_JOINED =
	'This machine has joined no shared queue. Join one with: semantica fleet join ADDRESS --name NAME';
const SEEN_OTHERS = 1000;

type Delayed = 'paused' | 'resumed' | 'hurried';

export function createJobsElsewhere(options: ElsewhereOptions) {
	const { membership, table, me, machine, joined, clock, submit, changed } = options;
	/** Jobs that others asked for, as they were listed last. */
	const others = new Map<string, SharedJob>();

	function mirroring(): MirrorOptions {
		const { joined: membershipOf, accept } = membership.read();
		const names = new Map(
			Object.entries(membershipOf?.machines ?? {}).map(([name, id]) => [id, name]),
		);
		return {
			fleet: membershipOf?.fleet ?? '',
			keys: [...accept.map(({ key }) => key), me().key],
			machineName: (id) => names.get(id),
		};
	}

	function jobElsewhere(id: string): Job | undefined {
		const row = table.sent.get(id);
		if (row !== undefined) return mirroredJob(row, mirroring());
		const other = others.get(id);
		return other === undefined ? undefined : jobOfOthers(other, mirroring());
	}

	async function cancelOfOthers(id: string): Promise<string | undefined> {
		const { queue } = joined();
		const { order, signature } = sealOrder(me(), {
			...{ fleet: mirroring().fleet, id, order: 'cancel' as const },
		});
		const done = await queue.cancel(id, order, signature);
		if (done === 'already') return 'it has ended already';
		if (done === 'forbidden')
			return 'it waits for others, and only the machine that asked for it can cancel it';
		return done === 'unknown' ? 'it is not in the shared queue any more' : undefined;
	}

	/** What nobody has taken waits here and now as it is told; a sentence where it does not wait. */
	async function delay(id: string, what: Delayed): Promise<string | undefined> {
		const row = table.sent.get(id);
		const job = jobElsewhere(id);
		if (row === undefined || job === undefined) {
			return `another machine asked for it, and it can be ${what} there only`;
		}
		if (row.ended_at !== null) return `it is already ${job.state}`;
		if (row.needs_approval === 1) return 'it waits for the approval of a person';
		if (row.delivered === 0) return 'it has not been delivered to the shared queue yet';
		const isPaused = job.held || sharedOf(row)?.pauseWanted === true;
		if (what === 'resumed' && !isPaused) return 'it is not paused';
		if (what === 'paused' && isPaused) return 'it is paused already';
		const { queue, node } = joined();
		const until = { paused: NEVER_MS, resumed: envelopeOf(row).spec.runAt ?? null, hurried: null };
		const waits = await queue.delay(id, until[what]);
		if (!waits && what === 'hurried')
			return `${job.machine} has it already, and it can be hurried there only`;
		const refusal = waits ? undefined : await orderPause(id, what === 'paused');
		node.wake();
		return refusal;
	}

	/** What another machine has stands still there, or goes on; a sentence where it will not. */
	async function orderPause(id: string, wanted: boolean): Promise<string | undefined> {
		const { queue } = joined();
		const there = await queue.get(id);
		const where = there?.machine ?? 'another machine';
		if (wanted && there !== null) {
			const { nodes } = await queue.nodes();
			const node = nodes.find((one) => one.id === there.node);
			const pauses = { ...node?.info, ...node?.load }['pauses'];
			if (pauses === undefined)
				return `${where} runs an older Semantica, which is not paused from elsewhere`;
			if (pauses !== true && !there.restartable)
				return `${where} has begun it, and what runs cannot be paused there`;
		}
		const { fleet } = mirroring();
		const order = wanted ? 'pause' : 'resume';
		const sealed = sealOrder(me(), { fleet, id, order, nonce: randomUUID() });
		const done = await queue.orderPause(id, wanted, sealed);
		if (done === 'ordered') return undefined;
		return done === 'already'
			? 'it has ended already'
			: 'it has changed hands meanwhile; try again';
	}

	async function list(params: Params<'fleet/list'>): Promise<Result<'fleet/list'>> {
		const { machine: name, open: isOpen, text, limit, before } = params;
		const found = await joined().queue.list({
			machine: name,
			open: isOpen,
			text,
			limit,
			before,
		});
		for (const job of found) {
			others.delete(job.id);
			others.set(job.id, job);
		}
		while (others.size > SEEN_OTHERS) others.delete(others.keys().next().value ?? '');
		return {
			jobs: found.map((job) => jobElsewhere(job.id) ?? jobOfOthers(job, mirroring())),
			before: found.length === limit ? (found.at(-1)?.n ?? null) : null,
		};
	}

	const directory: Elsewhere = {
		any: () => machine() !== undefined || table.sent.openCount() > 0,
		job: jobElsewhere,
		explain(id) {
			const row = table.sent.get(id);
			const job = jobElsewhere(id);
			if (row === undefined || job === undefined) return { runnable: false, reasons: [] };
			const there = machine();
			const unreachable = there === undefined ? NOT_JOINED : there.node.unreachable()?.message;
			return explained(row, job, { unreachable, now: clock.now() });
		},
		search: (text, limit) =>
			table.sent.search(text, limit).map((row) => mirroredJob(row, mirroring())),
		newest: (limit) => table.sent.search('', limit).map((row) => mirroredJob(row, mirroring())),
		list: ({ machine: name, ...asked }) => list(name === '*' ? asked : { ...asked, machine: name }),
		pause: (id) => delay(id, 'paused'),
		resume: (id) => delay(id, 'resumed'),
		runNow: (id) => delay(id, 'hurried'),
		async cancel(id) {
			const row = table.sent.get(id);
			if (row === undefined) return cancelOfOthers(id);
			if (row.ended_at !== null) return `it is already ${jobElsewhere(id)?.state}`;
			await submit(() => {
				// Whatever is on its way at this moment is told, too.
				table.sent.cancel(id);
				if (table.sent.get(id)?.delivered === 0)
					table.sent.refused(id, 'it was cancelled before', clock.now());
			});
			changed([id]);
			machine()?.node.wake();
			return undefined;
		},
		async approve(id) {
			const row = table.sent.get(id);
			if (row === undefined || row.ended_at !== null || row.needs_approval === 0) {
				throw new SemanticaError('CONFLICT', 'It waits for no approval.');
			}
			await submit(() => table.sent.approved(id));
			changed([id]);
			machine()?.node.wake();
		},
		async remove(id) {
			const row = table.sent.get(id);
			if (row === undefined) return 'it is not of this machine';
			if (row.ended_at === null) return 'it is not finished; cancel it first, then remove it';
			await submit(() => table.sent.forget(id));
			changed([id]);
			return undefined;
		},
	};

	return { mirroring, list, directory };
}
