import { describe, expect, test } from 'vitest';
import type { Readiness } from '../../../daemon/queue/rules/readiness.ts';
import { createJobWaits } from '../../../daemon/rpc/jobWaits.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import { FakeClock } from '../../support/queue.ts';
import { job as sample } from '../cli/samples.ts';

/** Jobs that end when the test says so, and the waits for them. */
function world(...ids: string[]) {
	const states = new Map<string, JobState>(ids.map((id) => [id, 'queued']));
	const successors = new Map<string, string>();
	const readiness = new Map<string, Readiness>();
	const asked = new Map<string, number>();
	const listeners = new Set<(ids: readonly string[]) => void>();
	const clock = new FakeClock();
	let looks = 0;
	const standing = (id: string) => {
		looks++;
		const state = states.get(id);
		return state === undefined ? undefined : { state, parentId: null };
	};
	const changed = (...which: string[]) => {
		for (const listener of listeners) listener(which);
	};
	const waits = createJobWaits({
		clock,
		feed: {
			onChanged(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
		jobs: {
			standing,
			standings: (asked) =>
				asked.map((id) => {
					const found = standing(id);
					if (found === undefined) throw new SemanticaError('NOT_FOUND', id);
					return found;
				}),
			readiness: (id) => readiness.get(id) ?? 'never',
			askedAt: (id) => asked.get(id),
			successor(id) {
				let last = id;
				for (let next = successors.get(id); next !== undefined; next = successors.get(next))
					last = next;
				return last;
			},
			find(asked) {
				const looked = [...asked];
				const found = looked.filter((id) => states.has(id));
				return {
					jobs: found.map((id): Job => sample({ id, state: states.get(id) ?? 'queued' })),
					missing: looked.filter((id) => !states.has(id)),
					looked,
				};
			},
		},
	});
	return {
		clock,
		readiness,
		changed,
		looks: () => looks,
		set(id: string, state: JobState) {
			states.set(id, state);
			changed(id);
		},
		ask(id: string, at: number) {
			asked.set(id, at);
			changed(id);
		},
		retry(id: string, as: string) {
			states.set(as, 'queued');
			successors.set(id, as);
			changed(as, id);
		},
		remove(id: string) {
			states.delete(id);
			changed(id);
		},
		wait(
			asked: string[],
			more: Partial<Parameters<typeof waits.wait>[0]> = {},
			signal?: AbortSignal,
		) {
			const usual = { mode: 'all', until: 'ended', timeoutMs: 1000, followRetries: false } as const;
			return waits.wait({ ids: asked, ...usual, ...more }, signal ?? new AbortController().signal);
		},
	};
}

const shape = ({ jobs, satisfied }: Awaited<ReturnType<ReturnType<typeof world>['wait']>>) => ({
	satisfied,
	jobs: jobs.map(({ id, state }) => `${id} ${state}`),
});

describe('waiting for jobs', () => {
	test('any: the first that ends; all: the last', async () => {
		const { wait, set } = world('a', 'b');
		const any = wait(['a', 'b'], { mode: 'any' });
		const all = wait(['a', 'b', 'a']);
		set('b', 'running');
		set('b', 'failed');
		expect(shape(await any)).toEqual({ satisfied: true, jobs: ['a queued', 'b failed'] });
		set('a', 'succeeded');
		expect(shape(await all)).toEqual({ satisfied: true, jobs: ['a succeeded', 'b failed'] });
	});

	test('what has ended is answered at once, and what does not exist is refused by name', async () => {
		const { wait, set } = world('a');
		set('a', 'expired');
		expect(shape(await wait(['a']))).toEqual({ satisfied: true, jobs: ['a expired'] });
		await expect(wait(['a', 'x'])).rejects.toMatchObject({ kind: 'NOT_FOUND', message: 'x' });
	});

	test('the time is over: the jobs as they are then, and no timer is left', async () => {
		const { wait, set, clock } = world('a', 'b');
		const late = wait(['a', 'b'], { timeoutMs: 500 });
		const early = wait(['a'], { timeoutMs: 700 });
		set('a', 'succeeded');
		await early;
		clock.advance(500);
		expect(shape(await late)).toEqual({ satisfied: false, jobs: ['a succeeded', 'b queued'] });
		expect(clock.pending).toEqual([]);
		const look = wait(['b'], { timeoutMs: 0 });
		clock.advance(0);
		expect(shape(await look)).toEqual({ satisfied: false, jobs: ['b queued'] });
	});

	test('until ready: those that are, at once; one that ends before decides', async () => {
		const { wait, set, readiness, clock } = world('a', 'b', 'c');
		for (const id of ['a', 'b']) readiness.set(id, 'waiting');
		const all = wait(['a', 'b'], { until: 'ready' });
		const any = wait(['a', 'b'], { until: 'ready', mode: 'any' });
		readiness.set('b', 'ready');
		set('b', 'running');
		expect(shape(await any)).toEqual({ satisfied: true, jobs: ['a queued', 'b running'] });
		readiness.set('a', 'missed');
		set('a', 'failed');
		expect(shape(await all)).toEqual({ satisfied: false, jobs: ['a failed', 'b running'] });
		expect(shape(await wait(['b'], { until: 'ready' })).satisfied).toBe(true);
		expect(shape(await wait(['a'], { until: 'ready', mode: 'any' })).satisfied).toBe(false);
		await expect(wait(['b', 'c'], { until: 'ready' })).rejects.toMatchObject({
			kind: 'VALIDATION',
			data: { path: 'ids[1]' },
		});
		expect(clock.pending).toEqual([]);
	});

	test('one that asks its person ends a wait for that, unless it is known what it asks', async () => {
		const { wait, ask, set, clock } = world('a', 'b');
		const asks = { a: 0, b: 0 };
		const waiting = wait(['a', 'b'], { asks });
		const patient = wait(['a', 'b']);
		ask('b', 5);
		expect(shape(await waiting)).toEqual({ satisfied: false, jobs: ['a queued', 'b queued'] });
		expect((await wait(['a', 'b'], { asks })).satisfied).toBe(false);
		const knowing = wait(['a', 'b'], { asks: { a: 0, b: 5 }, mode: 'any' });
		ask('b', 5);
		set('a', 'succeeded');
		expect((await knowing).satisfied).toBe(true);
		const again = wait(['b'], { asks: { b: 5 } });
		ask('b', 6);
		expect((await again).satisfied).toBe(false);
		set('b', 'failed');
		expect((await patient).satisfied).toBe(true);
		expect(clock.pending).toEqual([]);
	});

	test('a wait that is cancelled leaves nothing behind', async () => {
		const { wait, set, clock, looks } = world('a');
		const controller = new AbortController();
		const cancelled = wait(['a'], {}, controller.signal);
		controller.abort(new Error('enough'));
		await expect(cancelled).rejects.toThrow('enough');
		const before = looks();
		set('a', 'succeeded');
		expect([looks(), clock.pending]).toEqual([before, []]);
		await expect(wait(['a'], {}, controller.signal)).resolves.toMatchObject({ satisfied: true });
	});

	test('a job that was retried is not over where retries are followed, however often', async () => {
		const { wait, set, retry } = world('a', 'b');
		const plain = wait(['a', 'b']);
		const followed = wait(['a', 'b'], { followRetries: true });
		set('a', 'failed');
		retry('a', 'a2');
		set('a2', 'failed');
		retry('a2', 'a3');
		set('b', 'succeeded');
		expect(shape(await plain).jobs).toEqual(['a failed', 'b succeeded']);
		set('a3', 'succeeded');
		expect(shape(await followed)).toEqual({
			satisfied: true,
			jobs: ['a3 succeeded', 'b succeeded'],
		});
	});

	test('one that was retried before it was asked for is its successor', async () => {
		const { wait, set, retry } = world('a');
		set('a', 'failed');
		retry('a', 'a2');
		const waiting = wait(['a'], { followRetries: true });
		set('a2', 'succeeded');
		expect(shape(await waiting).jobs).toEqual(['a2 succeeded']);
	});

	test('one that has ended may be removed while others are waited for: its end is told', async () => {
		const { wait, set, remove } = world('a', 'b');
		const waiting = wait(['a', 'b']);
		set('a', 'failed');
		remove('a');
		set('b', 'succeeded');
		expect(await waiting).toMatchObject({
			jobs: [{ id: 'b' }],
			removed: [{ id: 'a', state: 'failed' }],
		});
	});

	test('one that is gone together with its end is an error with its name', async () => {
		const { wait, remove } = world('a', 'b');
		const waiting = wait(['a', 'b']);
		remove('b');
		await expect(waiting).rejects.toMatchObject({ kind: 'NOT_FOUND', data: { id: 'b' } });
	});

	test('thousands may wait for one job, which is looked at once', async () => {
		const { wait, set, looks } = world('a', 'b');
		const waiting = Array.from({ length: 5000 }, () => wait(['a', 'b'], { mode: 'any' }));
		const before = looks();
		set('a', 'succeeded');
		expect(looks() - before).toBe(1);
		const answers = await Promise.all(waiting);
		expect(answers.every(({ satisfied }) => satisfied)).toBe(true);
	});

	test('more than can be kept are refused, and their places come back', async () => {
		const ids = Array.from({ length: 100 }, (_, i) => `j${i}`);
		const { wait, set } = world(...ids);
		const waiting = Array.from({ length: 1000 }, () => wait(ids, { mode: 'any' }));
		await expect(wait(['j0'])).rejects.toMatchObject({ kind: 'THROTTLED' });
		set('j7', 'succeeded');
		await Promise.all(waiting);
		const again = wait(['j1']);
		set('j1', 'succeeded');
		expect(shape(await again).satisfied).toBe(true);
	});
});
