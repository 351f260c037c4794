import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TreeItem } from 'vscode';
import { JobsFilter } from '../../../extension/jobs/filter/filter.ts';
import { JobStore, type Snapshot } from '../../../extension/jobs/store/store.ts';
import { HEARD_MS } from '../../../extension/jobs/tree/hearing.ts';
import type { JobRows } from '../../../extension/jobs/tree/rows.ts';
import { JobsTree, type JobsTreePorts } from '../../../extension/jobs/tree/tree.ts';
import { Signal } from '../../../extension/lifetime.ts';
import type { ScheduleNode, SchedulesBranch } from '../../../extension/schedules/branch.ts';
import type { Job } from '../../../shared/job.ts';
import { JOB_STATES } from '../../../shared/jobTerms.ts';
import type { Counts } from '../../../shared/protocol/jobs.ts';
import { EditorTree } from '../../support/editorTree.ts';
import { makeJob } from './makeJob.ts';

/** Until changes have been put together and fired. */
const COALESCED_MS = 200;
const EXPANDED = 2;
const COUNTS = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Counts;

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

const row = (id: string, label: string, collapsibleState = 0): TreeItem => ({
	...{ id, label, collapsibleState },
});
const rows: JobRows = {
	group: (group) => row(`group:${group}`, group, EXPANDED),
	job: (job) => row(`job:${job.id}`, `  ${job.title} ${job.state}`),
	more: (group) => row(`more:${group}`, 'more'),
	rest: (of) => row(`rest:${of}`, 'rest'),
	others: () => row('others', 'others'),
	remedy: (command) => row(`remedy:${command}`, command),
	gone: (id) => row(`job:${id}`, 'gone'),
	tooltip: () => ({}) as ReturnType<JobRows['tooltip']>,
};

function openTree() {
	const store = new JobStore();
	const want = vi.fn();
	const scheduled = {
		...{ isEmpty: true, onDidChange: new Signal<readonly ScheduleNode[]>().on },
	} as unknown as SchedulesBranch;
	const tree = new JobsTree({
		...{ store, rows, log: () => {} },
		reasons: { onDidChange: new Signal<ReadonlySet<string>>().on },
		filter: new JobsFilter({ folders: () => [], now: Date.now }),
		others: () => [],
		usual: { onDidChange: new Signal<ReadonlySet<string>>().on, want },
		now: () => performance.now(),
		link: { state: { kind: 'connected' } } as JobsTreePorts['link'],
		scheduled,
	});
	tree.visible = true;
	const editor = new EditorTree(tree);
	let seq = 0;
	const snapshot = (jobs: readonly Job[]): Snapshot => ({
		...{ instance: 'i', seq: 0, counts: COUNTS, paused: false, jobs },
	});
	return {
		...{ editor, store, tree, want },
		snapshot: (...jobs: Job[]) => store.replace(snapshot(jobs)),
		change: (...jobs: Job[]) =>
			store.apply({
				...{ instance: 'i', seq: ++seq, counts: COUNTS, paused: false, jobs, removed: [] },
			}),
	};
}

it('a tree that the editor shows and knows no row of any more is drawn anew', async () => {
	const { editor, snapshot, change } = openTree();
	snapshot();
	editor.open();
	await editor.quiet();
	expect(editor.shown).toEqual([]);

	const job = makeJob({ title: 'build', state: 'running' });
	change(job);
	vi.advanceTimersByTime(COALESCED_MS);
	await editor.turn();
	// The answer with the groups is on its way; the root that is fired now arrives together with it.
	snapshot();
	vi.advanceTimersByTime(COALESCED_MS);
	await editor.turn();
	await editor.quiet();
	expect(editor.errors).toContain('No tree item with that id found.');
	const stale = ['running', 'waiting', 'failed', 'finished'];
	expect(editor.shown).toEqual(stale);

	snapshot(job);
	vi.advanceTimersByTime(COALESCED_MS);
	await editor.quiet();
	expect(editor.shown).toEqual(stale);

	vi.advanceTimersByTime(HEARD_MS);
	await editor.quiet();
	expect(editor.shown).toEqual(['running', '  build running', 'waiting', 'failed', 'finished']);
});

it('what the editor asks for is not fired again, and what nobody sees neither', async () => {
	const { editor, snapshot, change, tree } = openTree();
	const fired = vi.fn();
	snapshot(makeJob({ title: 'lint' }));
	editor.open();
	await editor.quiet();
	tree.onDidChangeTreeData(fired);
	change(makeJob({ title: 'test' }));
	vi.advanceTimersByTime(COALESCED_MS);
	await editor.quiet();
	expect(editor.shown).toContain('  test queued');
	vi.advanceTimersByTime(10 * HEARD_MS);
	expect(fired).toHaveBeenCalledTimes(1);
	tree.visible = false;
	snapshot();
	vi.advanceTimersByTime(10 * HEARD_MS);
	expect(fired).toHaveBeenCalledTimes(2);
	expect(vi.getTimerCount()).toBe(0);
});

it('a view that asks for nothing is given up after some tries', () => {
	const { snapshot, tree } = openTree();
	const fired = vi.fn();
	tree.onDidChangeTreeData(fired);
	snapshot(makeJob());
	vi.advanceTimersByTime(1_000 * HEARD_MS);
	expect(fired.mock.calls.length).toBe(1 + 5);
	expect(vi.getTimerCount()).toBe(0);
});
