/** Groups with more jobs than the daemon's snapshot holds. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { ON_SAVE_TAG } from '../../../extension/jobs/store/groups.ts';
import { JobPages } from '../../../extension/jobs/store/pages.ts';
import { JobStore, PAGE } from '../../../extension/jobs/store/store.ts';
import type { Job } from '../../../shared/job.ts';
import type { JobState } from '../../../shared/jobTerms.ts';
import { makeJob } from './makeJob.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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

/** A window on a daemon with these jobs, the newest first. */
async function opened(jobs: readonly Job[]) {
	const asked: (string | undefined)[] = [];
	const request = async (
		_method: string,
		{ filter, cursor }: { filter: { state: JobState[] }; cursor?: string },
	) => {
		asked.push(cursor);
		const all = jobs.filter(
			({ state, parentId }) => parentId === null && filter.state.includes(state),
		);
		const from = Number(cursor ?? 0);
		const next = from + PAGE;
		return { jobs: all.slice(from, next), nextCursor: next < all.length ? String(next) : null };
	};
	const store = new JobStore();
	const link = { request, state: { kind: 'connected' } } as unknown as Link;
	const pages = new JobPages(store, link, (message) => expect.fail(message));
	store.replace({ instance: 'a', seq: 1, counts, paused: false, jobs: jobs.slice(0, PAGE) });
	const atOnce = store.truncated('finished');
	await vi.advanceTimersByTimeAsync(1_000);
	return { store, pages, asked, atOnce };
}

const ended = (over: Partial<Job>) => makeJob({ state: 'succeeded', finishedAt: 1, ...over });
const many = (number: number, over: Partial<Job>) =>
	Array.from({ length: number }, () => ended(over));
const titles = (store: JobStore) => store.group('finished').map(({ title }) => title);

it('what a person asked for is found behind what saves did', async () => {
	const { store, atOnce } = await opened([
		...many(250, { tag: ON_SAVE_TAG }),
		ended({ title: 'Index shop' }),
	]);
	expect(atOnce).toBe(true);
	expect(titles(store)).toEqual(['Index shop']);
	expect(store.truncated('finished')).toBe(false);
	expect(store.total('finished')).toBe(1);
});

it('nobody is asked for ever: what is very old comes on demand', async () => {
	const { store, pages, asked } = await opened([
		...many(3_000, { tag: ON_SAVE_TAG }),
		ended({ title: 'Index shop' }),
	]);
	const before = asked.length;
	expect(before).toBeLessThan(20);
	expect(titles(store)).toEqual([]);
	expect(store.truncated('finished')).toBe(true);
	expect(store.total('finished')).toBeUndefined();
	await pages.more('finished');
	expect(titles(store)).toEqual(['Index shop']);
	// It goes on where it stopped.
	expect(asked.slice(before)).not.toContain(undefined);
	await vi.advanceTimersByTimeAsync(1_000);
	expect(store.truncated('finished')).toBe(false);
});

it('jobs that wait are counted without the parts of others', () => {
	const parent = makeJob({
		state: 'running',
		startedAt: 1,
		children: { queued: 30, succeeded: 2 },
	});
	const store = new JobStore();
	const jobs = [parent, ...Array.from({ length: PAGE }, () => makeJob())];
	store.replace({ instance: 'a', seq: 1, counts: { ...counts, queued: 150 }, paused: false, jobs });
	expect(store.total('waiting')).toBe(120);
});
