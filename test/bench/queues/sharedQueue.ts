/** The queue that several machines share, as a machine asks of it: its functions over one connection, and no daemon. */
import { randomBytes, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { parseAddress } from '../../../daemon/fleet/address.ts';
import { createCalls } from '../../../daemon/fleet/calls.ts';
import { type Connection, createConnection } from '../../../daemon/fleet/connection.ts';
import type { NewShared, SharedQueue } from '../../../daemon/fleet/port.ts';
import { SHARED } from '../../../daemon/fleet/port.ts';
import { initSchema } from '../../../daemon/fleet/schema.ts';
import { nodeIdOf } from '../../support/fleet/memory.ts';
import { sampleJob } from '../sample.ts';
import type { Opening, QueueSystem } from './system.ts';

const FLEET_SQL = resolve(import.meta.dirname, '../../../migrations/fleet');
const SIGNATURE = Buffer.alloc(64).toString('base64');
/** A machine takes as much as has a free slot; so many of them at most are asked for at once. */
const BATCH = 64;

export interface SharedMachine {
	readonly queue: SharedQueue;
	readonly connection: Connection;
	epoch: number;
	/** The needs that wait, by the pool they name. */
	needs(): Promise<Map<string, number>>;
}

/** @param folder of PostgreSQL's socket */
export function connectionIn(folder: string): Connection {
	return createConnection({
		address: parseAddress(`postgres://bench@/postgres?host=${encodeURIComponent(folder)}`),
		password: async () => undefined,
	});
}

export async function openMachine(folder: string, name: string): Promise<SharedMachine> {
	const connection = connectionIn(folder);
	const key = randomBytes(32).toString('base64');
	const queue = createCalls(nodeIdOf(key), connection.call, () => connection.close());
	const { epoch } = await queue.hello({ name, key, info: {}, holds: [] });
	return {
		queue,
		connection,
		epoch,
		async needs() {
			const { needs } = await queue.sync(epoch, {}, 0);
			return new Map(needs.map(({ id, spec }) => [(spec as { pool: string }).pool, id]));
		},
	};
}

export async function makeSchema(folder: string): Promise<Connection> {
	const owner = connectionIn(folder);
	await initSchema(owner, FLEET_SQL);
	// Nobody sends heartbeats meanwhile.
	await owner.run("UPDATE fleet.config SET lease = '1 day'");
	return owner;
}

export function sharedJob(n: number, pool = 'bench'): NewShared {
	return {
		id: randomUUID(),
		need: { pool },
		priority: 0,
		restartable: true,
		key: null,
		subject: null,
		title: `bench ${n}`,
		runAt: null,
		expires: Date.now() + 86_400_000,
		envelope: Buffer.from(JSON.stringify(sampleJob(n))).toString('base64'),
		signature: SIGNATURE,
		payload: null,
		chunks: 0,
	};
}

/** Every one has ended well. */
export async function finishAll(
	{ queue }: SharedMachine,
	leases: readonly { readonly id: string; readonly lease: string }[],
): Promise<void> {
	const said = { state: SHARED.succeeded, report: '', signature: '', tail: '' };
	await queue.finishMany(leases.map(({ id, lease }) => ({ id, lease, ...said })));
}

export async function openSharedQueue({ endpoint }: Opening): Promise<QueueSystem> {
	const owner = await makeSchema(endpoint);
	const submitter = await openMachine(endpoint, 'submitter');
	const enqueueMany = async (n: number, count: number) => {
		const jobs = Array.from({ length: count }, (_, i) => sharedJob(n + i));
		return (await submitter.queue.enqueue(jobs)).map(({ id }) => id);
	};
	let machines = 0;
	return {
		enqueue: async (n) => (await enqueueMany(n, 1))[0] ?? '',
		enqueueMany,
		async work(atOnce, began) {
			let isOver = false;
			const machine = await openMachine(endpoint, `worker ${++machines}`);
			const going = (async () => {
				while (!isOver) {
					const need = (await machine.needs()).get('bench');
					if (need === undefined) continue;
					for (;;) {
						const most = Math.min(BATCH, atOnce);
						const { leases } = await machine.queue.claim(machine.epoch, [need], most, need);
						if (leases.length === 0) break;
						for (const { id } of leases) began(id);
						await finishAll(machine, leases);
					}
				}
			})();
			return {
				async stop() {
					isOver = true;
					await going;
					await machine.queue.close();
				},
			};
		},
		async unfinished() {
			const [row] = await owner.run('SELECT count(*)::int AS n FROM fleet.job WHERE state < 10');
			return Number(row?.['n']);
		},
	};
}
