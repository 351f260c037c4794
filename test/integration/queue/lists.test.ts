import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { openQueue, task } from '../../support/queue.ts';

describe('what a job cost', () => {
	const exit = { kind: 'exit', exitCode: 1, signal: null } as const;

	it('is the sum of its runs and the highest peak, without what is not known', async () => {
		const queue = openQueue();
		const [{ id } = { id: '' }] = await queue.enqueue(
			task({ maxAttempts: 2, backoff: { baseMs: 0 } }),
		);
		await queue.claim();
		const first = { cpuMs: 5, peakMemoryBytes: 90, readBytes: null, writtenBytes: 1 };
		await queue.dispatch.finish({ id, run: 1, outcome: exit, cost: first });
		await queue.dispatch.advance();
		await queue.claim();
		const second = { cpuMs: 7, peakMemoryBytes: 80, readBytes: 3, writtenBytes: null };
		await queue.dispatch.finish({ id, run: 2, outcome: exit, cost: second });
		const { job, runs } = queue.jobs.get(id);
		expect(job.cost).toEqual({ cpuMs: 12, peakMemoryBytes: 90, readBytes: 3, writtenBytes: 1 });
		expect(runs.map((run) => run.cost)).toEqual([first, second]);
	});

	it('sorts jobs, page by page, and leaves out those that cost nothing known', async () => {
		const queue = openQueue();
		const spent = [30, 10, undefined, 20, 20];
		const jobs = await queue.enqueue(...spent.map(() => task()));
		await queue.jobs.updateQueue({ name: 'default', concurrency: 9 });
		await queue.claim();
		for (const [n, cpuMs] of spent.entries()) {
			const cost =
				cpuMs === undefined
					? {}
					: { cost: { cpuMs, peakMemoryBytes: null, readBytes: null, writtenBytes: null } };
			await queue.dispatch.finish({ id: jobs[n]?.id ?? '', run: 1, outcome: exit, ...cost });
		}
		const seen: (number | null | undefined)[] = [];
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const from = cursor === undefined ? {} : { cursor };
			const page = await queue.jobs.page({ filter: {}, sort: '-cost', limit: 2, ...from });
			expect(page.total).toEqual({ value: 4, exact: true });
			seen.push(...page.jobs.map((job) => job.cost?.cpuMs));
			cursor = page.nextCursor;
		}
		expect(seen).toEqual([30, 20, 20, 10]);
	});
});

describe('what a job usually takes', () => {
	const done = { kind: 'exit', exitCode: 0, signal: null } as const;
	const build = (args: string[]) =>
		task({ type: 'command', title: 'build', command: { command: '/bin/true', args, cwd: '/' } });

	it('is the median of the same command before it', async () => {
		const queue = openQueue();
		for (const [args, ms] of [
			[['a'], 1000],
			[['b'], 50],
			[['a'], 9000],
			[['a'], 3000],
		] as const) {
			const [job] = await queue.enqueue(build([...args]));
			await queue.claim();
			queue.clock.advance(ms);
			await queue.dispatch.finish({ id: job?.id ?? '', run: 1, outcome: done });
		}
		const [again, other] = await queue.enqueue(build(['a']), build(['c']));
		expect(queue.jobs.usual(again?.id ?? '')).toEqual({ usualMs: 3000 });
		expect(queue.jobs.usual(other?.id ?? '')).toEqual({});
		const shown = () => queue.jobs.get(again?.id ?? '').job.usualMs;
		expect(shown()).toBeUndefined();
		await queue.claim();
		expect(shown()).toBe(3000);
		await queue.dispatch.finish({ id: again?.id ?? '', run: 1, outcome: done });
		expect(shown()).toBeUndefined();
	});

	it('is counted anew with each that ends, and forgets what failed', async () => {
		const queue = openQueue();
		const took = async (ms: number, exitCode: number) => {
			const [job] = await queue.enqueue(build(['a']));
			await queue.claim();
			const { usualMs } = queue.jobs.get(job?.id ?? '').job;
			queue.clock.advance(ms);
			const outcome = { kind: 'exit', exitCode, signal: null } as const;
			await queue.dispatch.finish({ id: job?.id ?? '', run: 1, outcome });
			return usualMs;
		};
		expect(await took(2000, 0)).toBeUndefined();
		expect(await took(9000, 1)).toBe(2000);
		expect(await took(4000, 0)).toBe(2000);
		expect(await took(1000, 0)).toBe(3000);
	});
});

describe('the prefix of a subject', () => {
	it.each([
		['file:///w/A', ['file:///w/A', 'file:///w/A/b']],
		['file:///w/a', ['file:///w/alpha', 'file:///w/a%b']],
		['file:///w/a%', ['file:///w/a%b']],
		['file:///w/_', ['file:///w/_x']],
		['file:///w/é', ['file:///w/é😀z']],
		['file:///w/é😀', ['file:///w/é😀z']],
		['file:///w\\', []],
	])('%s means those that begin exactly so', async (subjectPrefix, meant) => {
		const queue = openQueue();
		const subjects = [
			'file:///w/A',
			'file:///w/A/b',
			'file:///w/alpha',
			'file:///w/a%b',
			'file:///w/_x',
			'file:///w/é😀z',
		];
		await queue.enqueue(task(), ...subjects.map((subject) => task({ subject })));
		expect(await queue.jobs.cancel({ filter: { subjectPrefix } })).toMatchObject({
			count: meant.length,
		});
		const { jobs } = queue.jobs.list({
			filter: { state: ['cancelled'] },
			sort: 'createdAt',
			limit: 10,
		});
		expect(jobs.map((job) => job.subject)).toEqual(meant);
	});
});

const SORTS = [
	'createdAt',
	'-createdAt',
	'finishedAt',
	'-finishedAt',
	'priority',
	'-priority',
] as const;

describe('a list that no index leads to', () => {
	/** Thousands of jobs in two folders and many titles, some of them removed. */
	async function openLong() {
		const queue = openQueue();
		const folders = [temporaryFolder(), temporaryFolder()].map((path) => pathToFileURL(path).href);
		for (let n = 0; n < 5000; n += 1000) {
			queue.clock.advance(1000);
			await queue.enqueue(
				...Array.from({ length: 1000 }, (_, i) =>
					task({
						title: `job ${(n + i) % 7}`,
						priority: i % 5,
						...(i % 3 === 0 ? { tag: 'third' } : {}),
						...(i % 100 < 2 ? { workspace: folders[i % 2] } : {}),
					}),
				),
			);
		}
		await queue.jobs.cancel({ filter: { text: 'job 3' } });
		await queue.jobs.remove({ filter: { text: 'job 3' } });
		for (const text of ['job 1', 'job 2']) {
			queue.clock.advance(1);
			await queue.jobs.cancel({ filter: { text } });
		}
		return { queue, folder: folders[0] ?? '' };
	}

	it('has the pages and the total that one look would have', async () => {
		const { queue, folder } = await openLong();
		const filters = [
			{ text: 'job 5' },
			{ text: 'nothing has this' },
			{ workspace: folder },
			{ workspace: folder, state: ['queued' as const], text: '1' },
			{ createdAfter: queue.clock.now() - 1500 },
			{ queue: ['default', 'other', 'third'] },
			{ state: ['cancelled' as const] },
			{ tag: 'third' },
			{},
		];
		for (const filter of filters) {
			for (const sort of SORTS) {
				const once = queue.jobs.list({ filter, sort, limit: 200 });
				let page = await queue.jobs.page({ filter, sort, limit: 200 });
				expect(page, JSON.stringify({ filter, sort })).toEqual(once);
				const ids = page.jobs.map(({ id }) => id);
				for (let pages = 1; page.nextCursor !== null && pages < 40; pages++) {
					const { nextCursor: cursor, total } = page;
					page = await queue.jobs.page({ filter, sort, limit: 200, cursor });
					expect(page.total).toEqual(total);
					ids.push(...page.jobs.map(({ id }) => id));
				}
				expect(ids).toHaveLength(once.total.value);
				expect(new Set(ids).size).toBe(ids.length);
			}
		}
	});

	it('lets others have their turn', async () => {
		const { queue } = await openLong();
		let turns = 0;
		let done = false;
		const count = () => {
			turns++;
			if (!done) setImmediate(count);
		};
		setImmediate(count);
		await queue.jobs.page({ filter: { text: 'nothing has this' }, sort: '-createdAt', limit: 10 });
		done = true;
		expect(turns).toBeGreaterThan(3);
	});
});
