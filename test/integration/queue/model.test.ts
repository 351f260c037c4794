/** The real queue beside a simple model: random histories, the same answers, the same states. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JobHandler } from '../../../daemon/queue/ports/handlers.ts';
import type { Workers } from '../../../daemon/queue/ports/workers.ts';
import type { Order } from '../../../daemon/queue/store/tx.ts';
import type { Sqlite } from '../../../daemon/sqlite/open.ts';
import { isFunctionType } from '../../../shared/functionTypes.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import type { ModelHook } from '../../support/model/hooks.ts';
import { TestMachine } from '../../support/model/machine.ts';
import { QueueModel } from '../../support/model/queueModel.ts';
import { FakeClock, openQueue, type TestQueue } from '../../support/queue.ts';
import { chooseSeed } from '../../support/random.ts';
import { compare } from './model/compare.ts';
import { type Real, type Step, SWEEP_ROWS } from './model/step.ts';
import { steps } from './model/steps.ts';

/** How long random histories are tried; longer by SEMANTICA_MODEL_SECONDS. */
const SECONDS = Number(process.env['SEMANTICA_MODEL_SECONDS'] ?? 30);
const CONCURRENCY = { default: 3, other: 1, hooks: 2, '*': 4 } as const;
const HOOKS: readonly ModelHook[] = [
	{ n: 1, on: 'failed', queue: null },
	{ n: 2, on: 'ended', queue: 'other' },
];
/** So few that histories meet what is gathered. */
const HOOK_STARTS = 3;

async function play(
	history: readonly Step[],
	file: string,
	workspaces: Real['workspaces'],
): Promise<void> {
	const machine = new TestMachine();
	const clock = new FakeClock();
	const paused = { default: false, other: false, hooks: false, '*': false };
	const model = new QueueModel(
		clock.now(),
		machine,
		{ concurrency: CONCURRENCY, paused, groups: new Map(), rates: new Map() },
		{ hooks: HOOKS, hookStarts: HOOK_STARTS },
	);
	let orders: string[] = [];
	const open = (): TestQueue => {
		const idsUsed = Number(model.all.at(-1)?.id.slice(-12) ?? 0);
		const queue = openQueue({
			file,
			clock,
			conditions: machine,
			roomMB: () => machine.roomMB,
			workers: workersOf(machine, () => queue.db),
			handlerOf: (type) => (isFunctionType(type) ? functionOf(type) : undefined),
			idsUsed,
			sweepRows: SWEEP_ROWS,
			hookStarts: HOOK_STARTS,
			hooks: HOOKS.map(({ n, on, queue }) => ({
				n,
				on,
				filter: queue === null ? {} : { queue: [queue] },
				command: { command: 'hook', args: [], env: { OWN: 'one' }, shell: false },
			})),
		});
		queue.parts.feed.onEffects((effects) => orders.push(...effects.orders.map(textOf)));
		return queue;
	};
	const close = async () => {
		await real.queue.parts.close();
		real.queue.db.close();
	};
	const real: Real = {
		queue: open(),
		workspaces,
		progress: new Map(),
		async crash(boot) {
			await close();
			real.queue = open();
			for (const { id, run } of real.queue.dispatch.unfinished()) {
				const outcome = { kind: 'interrupted', uncleanBoot: boot } as const;
				await real.queue.dispatch.finish({ id, run, outcome });
			}
			// Whoever would obey them is gone.
			orders = [];
		},
	};
	for (const name of ['default', 'other', 'hooks', '*'] as const) {
		await real.queue.jobs.updateQueue({ name, concurrency: CONCURRENCY[name] });
	}
	try {
		for (const { run } of history) {
			await run(model, real);
			compare(model, real, orders.splice(0));
		}
	} finally {
		await close();
	}
}

/** Workers that have room for so many runs of each type. */
function workersOf(machine: TestMachine, db: () => Sqlite): Workers {
	const free = (type: string): number => {
		const sql = 'SELECT count(*) FROM jobs WHERE type = ? AND state IN (1, 2) AND phase <> 1';
		const held = db().prepare<[string], number>(sql).pluck().get(type) ?? 0;
		return (type === 'f.a' || type === 'f.b' ? machine.places[type] : 0) - held;
	};
	return {
		room() {
			// Counted before the claim takes any: what it takes is in the rows at once.
			const room = new Map<string, number>();
			const left = (type: string) => room.get(type) ?? free(type);
			const change = (type: string, by: number) => room.set(type, left(type) - by);
			return {
				has(type) {
					change(type, 0);
					return left(type) > 0;
				},
				take: (type) => change(type, 1),
				giveBack: (type) => change(type, -1),
			};
		},
		anybody: () => true,
		present: () => true,
		unmet: (type) => (free(type) > 0 ? undefined : `waits for a worker that does ${type}`),
		maxFunctions: () => 100,
	};
}

function functionOf(type: string): JobHandler {
	return {
		type,
		defaults: { queue: 'default', maxAttempts: 1, restartable: false },
		prepare: (spec) => spec,
		launch() {
			throw new Error(`${type} is done by workers.`);
		},
	};
}

function textOf(order: Order): string {
	const cause = order.kind === 'stop' ? ` ${order.cause}` : '';
	return `${order.kind} ${order.id}.${order.run}${cause}`;
}

/** Leaves out what a failing history does not need: what is left can be made a test of its own. */
async function smallest(
	history: readonly Step[],
	attempt: (history: readonly Step[]) => Promise<unknown>,
): Promise<{ history: readonly Step[]; error: unknown }> {
	let found = { history, error: await attempt(history) };
	for (let size = history.length; size >= 1; size = Math.floor(size / 2)) {
		for (let at = found.history.length - size; at >= 0; at -= size) {
			const shorter = found.history.toSpliced(at, size);
			const error = await attempt(shorter);
			if (error !== undefined) found = { history: shorter, error };
		}
	}
	return found;
}

it('does what the model does, whatever happens in whatever order', {
	timeout: (SECONDS + 120) * 1000,
}, async () => {
	const root = temporaryFolder();
	const [a = '', b = ''] = ['a', 'b'].map((name) => {
		mkdirSync(join(root, name));
		return pathToFileURL(join(root, name)).href;
	});
	let played = 0;
	let taken = 0;
	const attempt = async (history: readonly Step[]): Promise<unknown> => {
		const folder = join(root, `${++played}`);
		mkdirSync(folder);
		try {
			await play(history, join(folder, 'jobs.db'), { a, b });
			return undefined;
		} catch (error) {
			return error;
		} finally {
			rmSync(folder, { recursive: true });
			taken += history.length;
		}
	};
	const seed = chooseSeed(process.env);
	console.log(`model: SEMANTICA_SEED=${seed}, ${SECONDS} s`);
	const histories = fc.array(steps, { minLength: 5, maxLength: 120, size: 'max' });
	// Where a failure was found: with its seed, begins there rather than anew.
	const path = process.env['SEMANTICA_MODEL_PATH'];
	await fc.assert(
		fc.asyncProperty(histories, async (history) => {
			if ((await attempt(history)) === undefined) return;
			const found = await smallest(history, attempt);
			const told = found.history.map((taken) => taken.text).join('\n');
			throw new Error(`Model and queue differ after:\n${told}`, { cause: found.error });
		}),
		{
			seed,
			numRuns: 1_000_000,
			interruptAfterTimeLimit: SECONDS * 1000,
			// What fast-check would leave out, `smallest` has left out already.
			endOnFailure: true,
			...(path === undefined ? {} : { path }),
		},
	);
	console.log(`model: ${played} histories, ${taken} steps`);
	expect(played).toBeGreaterThan(10);
});
