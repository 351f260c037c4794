import { describe, expect, it } from 'vitest';
import { ON_SAVE_TAG } from '../../../extension/jobs/store/groups.ts';
import { JobStore, PAGE, type StoreChange } from '../../../extension/jobs/store/store.ts';
import type { Job } from '../../../shared/job.ts';
import { makeJob } from './makeJob.ts';

const counts = {
	queued: 0,
	running: 0,
	paused: 0,
	succeeded: 0,
	failed: 0,
	cancelled: 0,
	superseded: 0,
	expired: 0,
};

function opened(jobs: Job[] = []) {
	const store = new JobStore();
	store.replace({ instance: 'a', seq: 10, counts, paused: false, jobs });
	const changes: StoreChange[] = [];
	store.onDidChange((change) => changes.push(change));
	let seq = 10;
	const change = (jobs: Job[], removed: string[] = []) =>
		store.apply({ instance: 'a', seq: ++seq, counts, paused: false, jobs, removed });
	return { store, changes, change };
}
const ids = (jobs: Job[]) => jobs.map(({ id }) => id);

describe('the job store', () => {
	it('shows jobs in their groups and order', () => {
		const low = makeJob();
		const high = makeJob({ priority: 5 });
		const early = makeJob({ state: 'succeeded', finishedAt: 1 });
		const late = makeJob({ state: 'cancelled', finishedAt: 2 });
		const { store } = opened([low, high, early, late]);
		expect(ids(store.group('waiting'))).toEqual([high.id, low.id]);
		expect(ids(store.group('finished'))).toEqual([late.id, early.id]);
	});

	it('reports a row that changes and the groups that a job leaves and enters', () => {
		const job = makeJob();
		const { changes, change } = opened([job]);
		change([{ ...job, state: 'running', startedAt: 1 }]);
		change([{ ...job, state: 'running', startedAt: 1, progress: { current: 1, total: 2 } }]);
		expect([...(changes[0]?.groups ?? [])].sort()).toEqual(['running', 'waiting']);
		expect(changes[1]).toMatchObject({ all: false, groups: new Set(), jobs: new Set([job.id]) });
	});

	it('asks for everything again after a gap, a resync, or another daemon', () => {
		const { store } = opened();
		const change = { instance: 'a', counts, paused: false, jobs: [], removed: [] };
		expect(store.apply({ ...change, seq: 9 })).toBe(true);
		expect(store.apply({ ...change, seq: 12 })).toBe(false);
		expect(store.apply({ ...change, instance: 'b', seq: 11 })).toBe(false);
		expect(store.apply({ instance: 'a', seq: 11, counts, paused: false, resync: true })).toBe(
			false,
		);
		expect(store.apply({ ...change, seq: 11 })).toBe(true);
	});

	it('keeps children only of rows that are unfolded', () => {
		const parent = makeJob({ state: 'running', startedAt: 1 });
		const child = makeJob({ parentId: parent.id });
		const { store, changes, change } = opened([parent, child]);
		expect(store.children(parent.id)).toEqual([]);
		store.unfold(parent.id, []);
		change([child]);
		expect(ids(store.children(parent.id))).toEqual([child.id]);
		expect(changes.at(-1)?.parents).toEqual(new Set([parent.id]));
		store.fold(parent.id);
		change([{ ...child, state: 'running' }]);
		expect(store.children(parent.id)).toEqual([]);
		expect(ids(store.group('waiting'))).toEqual([]);
	});

	it('removes what the daemon removed', () => {
		const job = makeJob({ state: 'failed', finishedAt: 1 });
		const { store, change } = opened([job]);
		change([], [job.id]);
		expect(store.get(job.id)).toBeUndefined();
	});

	it('stays bounded under 5,000 jobs, and says that there are more', () => {
		const { store, change } = opened();
		const jobs = Array.from({ length: 5_000 }, () => makeJob());
		change(jobs);
		expect(store.group('waiting')).toHaveLength(PAGE);
		expect(store.truncated('waiting')).toBe(true);
		change(
			jobs.map((job) => ({ ...job, state: 'succeeded' as const, finishedAt: job.generation })),
		);
		expect(store.group('finished')).toHaveLength(PAGE);
		expect(store.group('finished')[0]?.id).toBe(jobs.at(-1)?.id);
	});

	it('never hides what runs', () => {
		const { store, change } = opened();
		change(Array.from({ length: 300 }, () => makeJob({ state: 'running', startedAt: 1 })));
		expect(store.group('running')).toHaveLength(300);
	});

	it('grows by pages, until the last one', () => {
		const { store } = opened(Array.from({ length: PAGE }, () => makeJob()));
		expect(store.truncated('waiting')).toBe(true);
		store.addPage('waiting', [makeJob(), makeJob()], false);
		expect(store.group('waiting')).toHaveLength(PAGE + 2);
		expect(store.truncated('waiting')).toBe(false);
	});

	it('has more to page when the daemon sent fewer because they are large', () => {
		const store = new JobStore();
		const jobs = [makeJob(), makeJob({ state: 'failed', finishedAt: 1 })];
		const known = { ...counts, queued: 9, failed: 1 };
		store.replace({ instance: 'a', seq: 1, counts: known, paused: false, jobs });
		expect(store.truncated('waiting')).toBe(true);
		expect(store.truncated('failed')).toBe(false);
	});

	it('lets those that start next displace the newest', () => {
		const first = Array.from({ length: PAGE }, () => makeJob());
		const newest = Array.from({ length: PAGE }, () => makeJob());
		const { store } = opened(newest);
		store.merge('waiting', first, true);
		expect(ids(store.group('waiting'))).toEqual(ids(first));
		expect(store.truncated('waiting')).toBe(true);
	});

	it('does not list what a save did once that is over, unless it failed', () => {
		const saved = makeJob({ tag: ON_SAVE_TAG, state: 'running', startedAt: 1 });
		const { store, change } = opened([saved]);
		change([{ ...saved, state: 'succeeded', finishedAt: 2 }]);
		expect(store.top()).toEqual([]);
		change([{ ...saved, state: 'failed', finishedAt: 2 }]);
		expect(ids(store.group('failed'))).toEqual([saved.id]);
	});
});
