/** How long a parent of very many children keeps everybody else waiting. */
import { createJobRequests, type JobRequests } from '../../../daemon/queue/requests.ts';
import type { BenchContext } from '../daemon.ts';
import { type Engine, openEngine } from '../engine.ts';
import type { Figure } from '../figures.ts';
import { sampleJob } from '../sample.ts';

const CHILDREN = 20_000;
const REPEATS = 3;
const AT_ONCE = 1000;

interface Family {
	readonly engine: Engine;
	readonly jobs: JobRequests;
	readonly parent: string;
	/** Ends the run of the parent. */
	end(exitCode: number): Promise<void>;
	/** Until all that follows is done. */
	settled(): Promise<void>;
}

async function open(folder: string): Promise<Family> {
	const engine = openEngine(folder, 'full', 1);
	const again = { subject: 's', maxAttempts: 2, backoff: { baseMs: 60_000 } };
	const [parent = ''] = await engine.enqueue([sampleJob(0, again)]);
	await engine.claim();
	for (let n = 0; n < CHILDREN; n += AT_ONCE) {
		const more = { parentId: parent };
		await engine.enqueue(Array.from({ length: AT_ONCE }, (_, i) => sampleJob(n + i, more)));
	}
	return {
		engine,
		jobs: createJobRequests(engine.parts),
		parent,
		async end(exitCode) {
			const outcome = { kind: 'exit', exitCode, signal: null } as const;
			await engine.dispatch.finish({ id: parent, run: 1, outcome });
		},
		async settled() {
			while (await engine.dispatch.sweep());
		},
	};
}

interface Verb {
	readonly before?: (family: Family) => Promise<unknown>;
	readonly run: (family: Family) => Promise<unknown>;
}

const VERBS: Readonly<Record<string, Verb>> = {
	cancel: { run: ({ jobs, parent }) => jobs.cancel({ ids: [parent] }) },
	supersede: {
		run: ({ engine }) => engine.enqueue([sampleJob(0, { subject: 's', supersede: 'abort' })]),
	},
	retry: { run: (family) => family.end(1) },
	pause: { run: ({ jobs, parent }) => jobs.pause({ ids: [parent] }) },
	resume: {
		before: ({ jobs, parent }) => jobs.pause({ ids: [parent] }),
		run: ({ jobs, parent }) => jobs.resume({ ids: [parent] }),
	},
	remove: {
		async before(family) {
			await family.jobs.cancel({ ids: [family.parent] });
			await family.end(0);
		},
		run: ({ jobs }) => jobs.remove({ all: true }),
	},
};

/** The longest time between two turns of the event loop while `work` goes on, ms. */
async function longestPause(work: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	let isOver = false;
	const turn = () => {
		const now = performance.now();
		longest = Math.max(longest, now - last);
		last = now;
		if (!isOver) setImmediate(turn);
	};
	setImmediate(turn);
	await work();
	isOver = true;
	return Math.max(longest, performance.now() - last);
}

export async function largeParents(context: BenchContext): Promise<Figure[]> {
	const figures: Figure[] = [];
	for (const [name, { before, run }] of Object.entries(VERBS)) {
		const ours: number[] = [];
		for (let repeat = 0; repeat < REPEATS; repeat++) {
			const family = await open(context.folder());
			await before?.(family);
			await family.settled();
			const pause = async () => {
				await run(family);
				await family.settled();
			};
			ours.push(await longestPause(pause));
			await family.engine.close();
		}
		figures.push({
			name: `family-${name}`,
			what: `longest pause of everybody else: ${name} of a parent of ${CHILDREN}`,
			unit: 'ms',
			better: 'lower',
			ours,
			budget: { of: 'value', atMost: 50 },
		});
	}
	return figures;
}
