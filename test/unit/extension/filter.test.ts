import { describe, expect, it, vi } from 'vitest';
import { JobsFilter, type Wish, workspaceName } from '../../../extension/jobs/filter/filter.ts';
import { rememberedWish, rememberWish } from '../../../extension/jobs/filter/memory.ts';
import { sift } from '../../../extension/jobs/filter/shown.ts';
import { filterText } from '../../../extension/jobs/filter/text.ts';
import { JobStore, PAGE } from '../../../extension/jobs/store/store.ts';
import type { Job } from '../../../shared/job.ts';
import { JOB_STATES } from '../../../shared/jobTerms.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import { makeJob } from './makeJob.ts';

const HERE = 'file:///home/ann/orchard';
const COUNTS = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Counts;
const filterOf = (wish: Partial<Wish> = {}, folders: readonly string[] = [HERE]) =>
	new JobsFilter({ folders: () => folders, now: () => 10_000 }, wish);

describe('a filter keeps', () => {
	it.each([
		[{ text: 'BUILD' }, { title: 'npm run build' }, true],
		[{ text: 'nightly' }, { title: 'a', tag: 'nightly' }, true],
		[{ text: 'test' }, { title: 'npm run build' }, false],
		[{ kinds: ['failed'] }, { state: 'expired' }, true],
		[{ kinds: ['failed', 'running'] }, { state: 'paused' }, true],
		[{ kinds: ['succeeded'] }, { state: 'cancelled' }, false],
		[{}, { workspace: HERE }, true],
		[{}, { workspace: null }, true],
		[{}, { workspace: `${HERE}/apples` }, true],
		[{}, { workspace: 'file:///home/ann' }, true],
		[{}, { workspace: 'file:///home/ann/orchard2' }, false],
		[{ everywhere: true }, { workspace: 'file:///home/bob' }, true],
		// Parts stand below their parent, whatever they are called.
		[{ text: 'build' }, { title: 'part', parentId: 'p' }, true],
		// A save that ended well is no news.
		[{}, { tag: 'editor-save', state: 'succeeded' }, false],
	] as [Partial<Wish>, Partial<Job>, boolean][])('%j of %j: %s', (wish, job, kept) => {
		expect(filterOf(wish).keeps(makeJob(job))).toBe(kept);
	});

	it('all where no folder is open, and what this window asked for wherever that works', () => {
		const foreign = makeJob({ workspace: 'file:///elsewhere/fish%20%26%20chips/' });
		expect(filterOf({}, []).keeps(foreign)).toBe(true);
		const filter = filterOf();
		expect(filter.keeps(foreign)).toBe(false);
		expect(filter.others([foreign, makeJob({ workspace: HERE })])).toEqual(['fish & chips']);
		filter.own(foreign.id);
		expect(filter.keeps(foreign)).toBe(true);
		expect(filter.placeOf(foreign)).toBe('fish & chips');
		expect(workspaceName({ workspace: 'file:///a/%zz' })).toBe('%zz');
	});
});

it('a filter says what the daemon can sift, and which groups are left', () => {
	const filter = filterOf({ text: 'x', kinds: ['succeeded', 'waiting'] });
	expect(filter.groups()).toEqual(['waiting', 'finished']);
	expect(filter.listed('finished')).toEqual({ state: ['succeeded'], parentId: null, text: 'x' });
	expect(filterOf().listed('failed')).toEqual({ state: ['failed', 'expired'], parentId: null });
});

it('a filter sorts what is listed', () => {
	const jobs = [
		makeJob({ title: 'a', state: 'running', startedAt: 9_000, generation: 3 }),
		makeJob({ title: 'b', state: 'running', startedAt: 1_000, generation: 1 }),
		makeJob({ title: 'c', state: 'running', startedAt: 5_000, generation: 2 }),
	];
	const titles = (sort: Wish['sort']) =>
		filterOf({ sort })
			.sorted(jobs)
			.map(({ title }) => title)
			.join('');
	expect([titles('usual'), titles('newest'), titles('longest')]).toEqual(['abc', 'acb', 'bca']);
});

it('what is shown follows the daemon and the wish, and counts only what it can', () => {
	const filter = filterOf();
	const all = new JobStore();
	const { store: shown, follower, own } = sift(all, filter);
	const foreign = makeJob({ title: 'there', workspace: 'file:///elsewhere' });
	const here = makeJob({ title: 'here', workspace: HERE });
	const titles = () => shown.group('waiting').map(({ title }) => title);
	follower.replace({
		...{ instance: 'i', seq: 0, counts: COUNTS, paused: false, jobs: [foreign, here] },
	});
	expect(titles()).toEqual(['here']);
	expect(all.group('waiting')).toHaveLength(2);
	filter.change({ everywhere: true });
	expect(titles()).toEqual(['there', 'here']);
	filter.change({ everywhere: false, text: 'HERE' });
	const more = makeJob({ title: 'and here' });
	const change = { instance: 'i', counts: COUNTS, paused: false, removed: [] };
	expect(follower.apply({ ...change, seq: 1, jobs: [more, makeJob({ title: 'no' })] })).toBe(true);
	expect(titles()).toEqual(['here', 'and here']);
	// A title that becomes another one leaves.
	expect(follower.apply({ ...change, seq: 2, jobs: [{ ...more, title: 'gone' }] })).toBe(true);
	expect(titles()).toEqual(['here']);
	filter.change({ text: '' });
	own(foreign.id);
	expect(titles()).toContain('there');

	const many = Array.from({ length: PAGE }, () => makeJob({ workspace: HERE }));
	const counts = { ...COUNTS, queued: 5_000 };
	follower.replace({ instance: 'i', seq: 3, counts, paused: false, jobs: many });
	expect(shown.total('waiting')).toBe(5_000);
	filter.change({ text: 'job' });
	expect(shown.total('waiting')).toBeUndefined();
	follower.clear();
	expect([shown.counts, all.counts]).toEqual([undefined, undefined]);
});

it('the words beside the title of the view say what is looked for', () => {
	const t = (message: string) => message;
	expect(filterText(t, filterOf().wish)).toBe('');
	const wish = { text: 'a\u202eb', kinds: ['failed'], everywhere: true, sort: 'cost' } as const;
	expect(filterText(t, wish)).toBe('“a b” · Failed · All Workspaces · Most CPU Time First');
});

it('where to look and in what order is kept, what was looked for is not', () => {
	const update = vi.fn(async () => {});
	const filter = filterOf();
	rememberWish(filter, { update });
	filter.change({ text: 'x', everywhere: true, sort: 'longest' });
	expect(update).toHaveBeenCalledWith('semantica.jobs.wish', { everywhere: true, sort: 'longest' });
	const memory = (kept: unknown) => ({ get: () => kept }) as Parameters<typeof rememberedWish>[0];
	expect(rememberedWish(memory({ everywhere: true, sort: 'longest' }))).toEqual({
		...{ everywhere: true, sort: 'longest' },
	});
	expect(rememberedWish(memory({ everywhere: 1, sort: 'odd' }))).toEqual({ everywhere: false });
	expect(rememberedWish(memory(undefined))).toEqual({ everywhere: false });
});
