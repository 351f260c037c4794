/**
 * One suite over three implementations of the shared queue: memory, PostgreSQL, PostgreSQL through PgBouncer in
 * transaction mode. Random histories must be answered alike by all; histories of machines that act at once must hold
 * what the contract promises. SEMANTICA_FLEET_SECONDS plays longer.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEVER_MS, type NewShared, SHARED, type Tenure } from '../../../daemon/fleet/port.ts';
import { errorMessage } from '../../../shared/errors.ts';
import { type FleetServers, startFleetServers, whyNoServers } from '../../support/fleet/servers.ts';
import { type Machine, memoryWorld, postgresWorld, type World } from '../../support/fleet/world.ts';

const why = whyNoServers();
if (why !== undefined) console.warn(`The shared queue on PostgreSQL: ${why}`);
const LONG_S = Number(process.env['SEMANTICA_FLEET_SECONDS'] ?? 0);

let servers: FleetServers;
beforeAll(async () => {
	if (why !== undefined) return;
	servers = await startFleetServers({ durable: false });
	await servers.logins('alpha', 'beta', 'gamma', 'delta');
});
afterAll(() => servers?.stop());

const WORLDS = [
	{ name: 'memory', open: () => memoryWorld(), needs: false },
	{ name: 'PostgreSQL', open: () => postgresWorld(servers), needs: true },
	{ name: 'PgBouncer', open: () => postgresWorld(servers, 'bouncer'), needs: true },
];
const reachable = WORLDS.filter((world) => !world.needs || why === undefined);

function newJob(label: number, more: Partial<NewShared> = {}): NewShared {
	return {
		id: randomUUID(),
		need: { pool: 'a' },
		priority: 0,
		restartable: true,
		key: null,
		subject: null,
		title: `job ${label}`,
		runAt: null,
		expires: Date.now() + 3_600_000,
		envelope: Buffer.from(`envelope ${label}`).toString('base64'),
		signature: Buffer.alloc(64, label % 256).toString('base64'),
		payload: null,
		chunks: 0,
		...more,
	};
}

type Step =
	| { do: 'hello' | 'sync' | 'silence' | 'leave'; m: number }
	| { do: 'claim'; m: number; pool: 'a' | 'b' | 'both'; n: number }
	| {
			do: 'begin' | 'giveBack' | 'finish' | 'tellPaused';
			m: number;
			of: number;
			stale: boolean;
			state: number;
	  }
	| {
			do: 'enqueue';
			m: number;
			pool: 'a' | 'b';
			priority: number;
			restartable: boolean;
			key: number;
			subject: number;
			later: boolean;
			chunks: number;
	  }
	| {
			do:
				| 'cancel'
				| 'withdraw'
				| 'hold'
				| 'hurry'
				| 'pause'
				| 'resume'
				| 'due'
				| 'expire'
				| 'arrived'
				| 'chunk'
				| 'get'
				| 'wish';
			m: number;
			job: number;
	  }
	| { do: 'list'; m: number; machine: number; open: boolean };

const m = fc.nat(2);
const stepArb: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({ do: fc.constantFrom('hello' as const, 'silence' as const), m }),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), m }) },
	{ weight: 6, arbitrary: fc.record({ do: fc.constant('sync' as const), m }) },
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant('claim' as const),
			m,
			pool: fc.constantFrom('a' as const, 'b' as const, 'both' as const),
			n: fc.integer({ min: 1, max: 3 }),
		}),
	},
	{
		weight: 12,
		arbitrary: fc.record({
			do: fc.constantFrom(
				'begin' as const,
				'giveBack' as const,
				'finish' as const,
				'tellPaused' as const,
			),
			m,
			of: fc.nat(5),
			stale: fc.nat(3).map((one) => one === 0),
			state: fc.constantFrom(SHARED.succeeded, SHARED.failed, SHARED.cancelled),
		}),
	},
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constant('enqueue' as const),
			m,
			pool: fc.constantFrom('a' as const, 'b' as const),
			priority: fc.integer({ min: -1, max: 1 }),
			restartable: fc.boolean(),
			key: fc.nat(5),
			subject: fc.nat(3),
			later: fc.nat(4).map((one) => one === 0),
			chunks: fc.constantFrom(0, 0, 0, 2),
		}),
	},
	{
		weight: 8,
		arbitrary: fc.record({
			do: fc.constantFrom(
				'cancel' as const,
				'withdraw' as const,
				'hold' as const,
				'hurry' as const,
				'pause' as const,
				'resume' as const,
				'due' as const,
				'expire' as const,
				'arrived' as const,
				'chunk' as const,
				'get' as const,
				'wish' as const,
			),
			m,
			job: fc.nat(8),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant('list' as const),
			m,
			machine: fc.nat(3),
			open: fc.boolean(),
		}),
	},
);

/** What each step was answered, with labels for everything that differs from world to world. */
async function play(world: World, steps: readonly Step[]): Promise<string[]> {
	const jobs: string[] = [];
	const tenures: (Tenure & { m: number })[] = [];
	const epochs = [0, 0, 0];
	const said: string[] = [];
	const label = (id: string | undefined) => jobs.indexOf(id ?? '');
	const machine = (m: number) => world.machines[m] as Machine;

	async function answer(step: Step): Promise<unknown> {
		const { queue, name, key } = machine(step.m);
		switch (step.do) {
			case 'hello': {
				const holds = tenures.filter((one) => one.m === step.m);
				const { held, epoch } = await queue.hello({ name, key, info: {}, holds });
				epochs[step.m] = epoch;
				return held.map((one) => [label(one.id), one.state, one.fence]);
			}
			case 'sync': {
				const answered = await queue.sync(epochs[step.m] ?? 0, {}, 0);
				const { alive, replaced, held, wishes } = answered;
				return [
					alive,
					replaced,
					held.map((one) => [label(one.id), one.state, one.fence, one.stop, one.pause, one.paused]),
					wishes.map(label).sort(),
				];
			}
			case 'silence':
				return world.silence(machine(step.m).id);
			case 'leave':
				return queue.leave();
			case 'claim': {
				const needs = await world.needs().catch(() => new Map<string, number>());
				const wanted = (step.pool === 'both' ? ['a', 'b'] : [step.pool])
					.map((pool) => needs.get(pool))
					.filter((id) => id !== undefined);
				const { alive, leases } = await queue.claim(epochs[step.m] ?? 0, wanted, step.n, 0);
				for (const { id, lease } of leases) tenures.unshift({ id, lease, m: step.m });
				return [alive, leases.map((one) => [label(one.id), one.fence, one.payload])];
			}
			case 'begin':
			case 'giveBack':
			case 'finish':
			case 'tellPaused': {
				const mine = tenures.filter((one) => one.m === step.m);
				const found = (step.stale ? tenures : mine)[
					step.of % Math.max(1, (step.stale ? tenures : mine).length)
				];
				if (found === undefined) return 'none';
				const { id, lease } = found;
				if (step.do === 'begin') return queue.begin(epochs[step.m] ?? 0, { id, lease });
				if (step.do === 'giveBack') return queue.giveBack({ id, lease });
				if (step.do === 'tellPaused')
					return queue.tellPaused(found, step.of % 2 === 0, step.of === 3 ? 'no' : null);
				const report = { report: 'cmVwb3J0', signature: 'c2ln', tail: 'dGFpbA==' };
				const said = { id, lease, state: step.state, ...report };
				// The second time it is known already, or refused again.
				return step.of % 2 === 0 ? queue.finish(said) : queue.finishMany([said, said]);
			}
			case 'enqueue': {
				const job = newJob(jobs.length, {
					need: { pool: step.pool },
					priority: step.priority,
					restartable: step.restartable,
					key: step.key > 2 ? null : `key ${step.key}`,
					subject: step.subject > 1 ? null : `subject ${step.subject}`,
					runAt: step.later ? Date.now() + 3_600_000 : null,
					chunks: step.chunks,
				});
				const [delivered] = await queue.enqueue([job]);
				if (delivered?.existing !== true) jobs.push(job.id);
				const [again] = await queue.enqueue([job]);
				return [delivered, again].map((one) => [label(one?.id), one?.state, one?.existing]);
			}
			case 'due':
				return world.makeDue(jobs[step.job] ?? randomUUID());
			case 'expire':
				return world.expire(jobs[step.job] ?? randomUUID());
			default:
				return about(step, queue, jobs[step.do === 'list' ? 0 : step.job] ?? randomUUID());
		}
	}

	async function about(step: Step, queue: Machine['queue'], id: string): Promise<unknown> {
		if (step.do === 'list') {
			const name = step.machine === 3 ? undefined : machine(step.machine).name;
			const listed = await queue.list({ machine: name, open: step.open, limit: 5 });
			return listed.map((one) => [label(one.id), one.state, one.machine, one.from]);
		}
		if (step.do === 'cancel')
			return queue.cancel(id, 'b3JkZXI=', Buffer.alloc(64).toString('base64'));
		if (step.do === 'pause' || step.do === 'resume') {
			const signature = Buffer.alloc(64).toString('base64');
			return queue.orderPause(id, step.do === 'pause', { order: 'b3JkZXI=', signature });
		}
		if (step.do === 'withdraw') return queue.withdraw(id);
		if (step.do === 'hold') return queue.delay(id, NEVER_MS);
		if (step.do === 'hurry') return queue.delay(id, null);
		if (step.do === 'arrived') return queue.arrived(id);
		if (step.do === 'chunk') {
			for (const n of [0, 1]) await queue.putChunk(id, n, 'cGllY2U=');
			return queue.arrived(id);
		}
		if (step.do === 'wish') return queue.wish(id);
		const job = await queue.get(id);
		if (job === null) return null;
		const { state, fence, losses, stopping, reason, machine: on, envelope, report, tail } = job;
		const { paused, pauseWanted, pauseRefusal } = job;
		const still = [paused, pauseWanted, pauseRefusal];
		return { state, fence, losses, stopping, reason, on, envelope, report, tail, still };
	}

	for (const step of steps) {
		const got = await answer(step).catch((error: unknown) =>
			errorMessage(error).replace(/^.*(may not speak|was forgotten).*$/, 'forgotten'),
		);
		said.push(`${JSON.stringify(step)} → ${JSON.stringify(got)}`);
	}
	return said;
}

const hellos: Step[] = [0, 1, 2].map((one) => ({ do: 'hello', m: one }));

describe.skipIf(why !== undefined)('random histories are answered alike', () => {
	for (const { name, open } of WORLDS.slice(1)) {
		test(`by memory and ${name}`, { timeout: 120_000 + LONG_S * 1000 }, async () => {
			await fc.assert(
				fc.asyncProperty(fc.array(stepArb, { minLength: 20, maxLength: 60 }), async (steps) => {
					const worlds = [await memoryWorld(), await open()];
					try {
						const [model, real] = [
							await play(worlds[0] as World, [...hellos, ...steps]),
							await play(worlds[1] as World, [...hellos, ...steps]),
						];
						expect(real).toEqual(model);
					} finally {
						await worlds[1]?.close();
					}
				}),
				LONG_S > 0
					? {
							numRuns: 1_000_000,
							interruptAfterTimeLimit: LONG_S * 1000,
							markInterruptAsFailure: false,
						}
					: { numRuns: 8 },
			);
		});
	}
});

/** What may follow what: FLEET's states by number. */
const ALLOWED = new Set(
	[
		'-0',
		'-4',
		'-5',
		'-6',
		'6>0',
		'6>4',
		'6>5',
		'6>12',
		'6>14',
		'5>0',
		'5>4',
		'5>12',
		'5>14',
		'4>0',
		'0>4',
		// What is delayed once more.
		'0>0',
		'4>4',
		'5>5',
		'6>6',
		'4>12',
		'4>14',
	]
		.concat([
			'0>1',
			'0>12',
			'0>14',
			'1>1',
			'1>2',
			'1>0',
			// What comes back while it is to stand still.
			'1>4',
			'2>4',
			'1>10',
			'1>11',
			'1>12',
			'2>2',
			'2>0',
			'2>3',
		])
		.concat(['2>10', '2>11', '2>12', '3>2', '3>10', '3>11', '3>12']),
);

describe.each(reachable)('machines that act at once, on $name', ({ open }) => {
	test('no transition that may not be, no second start, nothing lost, each change told once', async () => {
		const world = await open();
		try {
			const random = seeded(7);
			const acknowledged = new Set<string>();
			const reported = new Map<string, string>();
			let over = false;
			const feed = followFeed(world, () => over);

			await Promise.all(
				world.machines.map(async ({ queue, name, key, id: me }, index) => {
					let { epoch } = await queue.hello({ name, key, info: {}, holds: [] });
					const old: Tenure[] = [];
					let held: Tenure[] = [];
					for (let round = 0; round < 40; round++) {
						const dice = random();
						if (dice < 0.3) {
							const batch = [0, 1, 2].map((one) =>
								newJob(round * 3 + one, {
									need: { pool: random() < 0.5 ? 'a' : 'b' },
									restartable: random() < 0.5,
									subject: random() < 0.2 ? `subject ${index}` : null,
								}),
							);
							for (const { id } of await queue.enqueue(batch)) acknowledged.add(id);
						} else if (dice < 0.6) {
							const needs = [...(await world.needs()).values()];
							const { alive, leases } = await queue.claim(epoch, needs, 4, 0);
							if (!alive) ({ epoch } = await queue.hello({ name, key, info: {}, holds: held }));
							held.push(...leases.map(({ id, lease }) => ({ id, lease })));
						} else if (dice < 0.8) {
							for (const tenure of held.splice(0, 2)) {
								old.push(tenure);
								if (!(await queue.begin(epoch, tenure))) continue;
								const report = { report: 'cg==', signature: 'cg==', tail: '' };
								const state = random() < 0.8 ? SHARED.succeeded : SHARED.failed;
								const [taken] = await queue.finishMany([{ ...tenure, state, ...report }]);
								if (taken === 'accepted') reported.set(tenure.id, tenure.lease);
							}
						} else if (dice < 0.86) {
							// It pauses for longer than its lease, and does not know.
							await world.silence(me);
						} else if (dice < 0.92) {
							({ epoch } = await queue.hello({ name, key, info: {}, holds: held }));
						} else if (dice < 0.96) {
							for (const tenure of old) {
								const report = { report: 'cg==', signature: 'cg==', tail: '' };
								const taken = await queue.finish({ ...tenure, state: SHARED.failed, ...report });
								if (taken === 'accepted') reported.set(tenure.id, tenure.lease);
							}
						} else {
							const [some] = held;
							if (some !== undefined)
								await queue.cancel(some.id, 'bw==', Buffer.alloc(64).toString('base64'));
						}
						const { alive, held: now } = await queue.sync(epoch, {}, 0);
						if (!alive) ({ epoch } = await queue.hello({ name, key, info: {}, holds: held }));
						const leases = new Set(now.map(({ lease }) => lease));
						held = held.filter(({ lease }) => leases.has(lease));
					}
				}),
			);
			over = true;
			const told = await feed;

			const moves = await world.moves();
			const begun = new Map<string, number>();
			const ended = new Map<string, string | null>();
			const leases = new Set<string>();
			for (const { id, from, to, lease, restartable } of moves) {
				const move = from === null ? `-${to}` : `${from}>${to}`;
				expect(ALLOWED, move).toContain(move);
				if (from === SHARED.waiting && to === SHARED.leased) {
					expect(lease).not.toBeNull();
					expect(leases).not.toContain(lease);
					leases.add(lease ?? '');
				}
				if (from === SHARED.leased && to === SHARED.begun && !restartable) {
					begun.set(id, (begun.get(id) ?? 0) + 1);
				}
				if (to >= 10) {
					expect(ended.has(id)).toBe(false);
					ended.set(id, lease);
				}
			}
			expect([...begun.values()].filter((times) => times > 1)).toEqual([]);
			for (const [id, lease] of reported) expect(ended.get(id)).toBe(lease);
			for (const id of acknowledged) {
				expect(await world.machines[0]?.queue.get(id)).not.toBeNull();
			}
			expect(told.twice).toBe(0);
			for (const [id, state] of told.last) {
				expect((await world.machines[0]?.queue.get(id))?.state).toBe(state);
			}
			expect(told.last.size).toBe(acknowledged.size);
			expect([acknowledged.size > 100, reported.size > 20]).toEqual([true, true]);
			await lateReport(world, random);
		} finally {
			await world.close();
		}
	});
});

/** A machine that was silent for too long: what it held runs elsewhere, and its own report counts for nothing. */
async function lateReport(world: World, random: () => number): Promise<void> {
	const [late, other] = world.machines as [Machine, Machine];
	const joining = ({ name, key }: Machine) => ({ name, key, info: {}, holds: [] });
	const job = newJob(1, { need: { pool: `late ${random()}` } });
	const { epoch } = await late.queue.hello(joining(late));
	const next = await other.queue.hello(joining(other));
	await late.queue.enqueue([job]);
	const need = [(await world.needs()).get((job.need as { pool: string }).pool) ?? 0];
	const [first] = (await late.queue.claim(epoch, need, 1, 0)).leases;
	const tenure = { id: job.id, lease: first?.lease ?? '' };
	expect(await late.queue.begin(epoch, tenure)).toBe(true);
	await world.silence(late.id);
	expect((await late.queue.claim(epoch, need, 1, 0)).alive).toBe(false);
	await other.queue.sync(next.epoch, {}, 0);
	const [second] = (await other.queue.claim(next.epoch, need, 1, 0)).leases;
	expect(second?.fence).toBe(2);
	const report = { report: 'cg==', signature: 'cg==', tail: '' };
	expect(await late.queue.begin(epoch, tenure)).toBe(false);
	expect(await late.queue.finish({ ...tenure, state: SHARED.succeeded, ...report })).toBe(
		'refused',
	);
	const again = { id: job.id, lease: second?.lease ?? '', state: SHARED.succeeded, ...report };
	expect(await other.queue.finish(again)).toBe('accepted');
	expect(await other.queue.finish(again)).toBe('already');
}

async function followFeed(world: World, over: () => boolean) {
	const [reader] = world.machines;
	const seen = new Set<string>();
	const last = new Map<string, number>();
	let [mark, twice, quiet] = [0, 0, 0];
	while (quiet < 2) {
		const page = await reader?.queue.changes(mark, false).catch(() => undefined);
		for (const job of page?.jobs ?? []) {
			const name = `${job.id} ${job.changed}`;
			if (seen.has(name)) twice++;
			seen.add(name);
			last.set(job.id, job.state);
		}
		mark = page?.mark ?? mark;
		if (over() && page?.jobs.length === 0) quiet++;
		await new Promise((next) => setImmediate(next));
	}
	return { twice, last };
}

/** The same in every run. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return state / 2_147_483_648;
	};
}
