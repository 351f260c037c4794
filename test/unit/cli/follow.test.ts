import { describe, expect, it } from 'vitest';
import {
	applyChanges,
	type FollowModel,
	ratePerSecond,
	startModel,
	timeLeft,
} from '../../../daemon/cli/follow/model.ts';
import { renderLive, renderPlainProgress } from '../../../daemon/cli/render/live.ts';
import { cellWidth } from '../../../daemon/cli/render/text.ts';
import type { Job } from '../../../shared/job.ts';
import { bare, ended, job, NOW, running, terminal } from './samples.ts';

const parent = (current: number, fields: Partial<Job> = {}): Job =>
	running({
		title: 'Index main',
		progress: { current, total: 1000, unit: 'files' },
		children: { running: 2, queued: 7, succeeded: 4 },
		...fields,
	});

const child = (number: number, fields: Partial<Job> = {}): Job =>
	running({
		id: `0195a1b2-0000-7000-8000-00000000000${number}`,
		generation: 10 + number,
		parentId: parent(0).id,
		title: `Files ${number}`,
		progress: { current: 30 * number, total: 300, unit: 'files' },
		...fields,
	});

/** 100 files a second for five seconds. */
function moving(): FollowModel {
	let model = startModel(parent(0), [child(2), child(1)], NOW);
	for (let second = 1; second <= 5; second++) {
		model = applyChanges(model, [parent(100 * second)], [], NOW + 1000 * second);
	}
	return model;
}

describe('the picture of a followed job', () => {
	it('keeps running children in their order and drops them when they end', () => {
		const before = startModel(parent(0), [child(2), child(1)], NOW);
		expect(before.running.map((one) => one.title)).toEqual(['Files 1', 'Files 2']);
		const after = applyChanges(before, [child(1, { state: 'succeeded' }), child(3)], [], NOW);
		expect(after.running.map((one) => one.title)).toEqual(['Files 2', 'Files 3']);
		expect(applyChanges(after, [], [child(3).id], NOW).running).toHaveLength(1);
	});

	it('does not move for jobs of others', () => {
		const model = startModel(parent(0), [], NOW);
		expect(applyChanges(model, [job({ id: 'other' })], ['another'], NOW)).toBe(model);
	});

	it('knows speed and time left from the last seconds', () => {
		const model = moving();
		expect(ratePerSecond(model, NOW + 5000)).toBe(100);
		expect(timeLeft(model, NOW + 5000)).toBe(5000);
	});

	it('claims no speed at the start, nor when nothing moves', () => {
		expect(ratePerSecond(startModel(parent(0), [], NOW), NOW + 100)).toBeUndefined();
		expect(ratePerSecond(startModel(parent(5), [], NOW), NOW + 60_000)).toBeUndefined();
	});

	it('measures anew when a job counts from the start again', () => {
		const model = applyChanges(moving(), [parent(10)], [], NOW + 6000);
		expect(ratePerSecond(model, NOW + 6500)).toBeUndefined();
	});

	it('keeps few samples however many changes come', () => {
		let model = startModel(parent(0), [], NOW);
		for (let ms = 1; ms < 60_000; ms += 10) {
			model = applyChanges(model, [parent(ms)], [], NOW + ms);
		}
		expect(model.samples.length).toBeLessThan(70);
	});
});

describe('the live view', () => {
	it('shows the job, its bar, its speed and its children', () => {
		expect(renderLive(moving(), NOW + 5000, terminal(80))).toEqual([
			'● running  Index main  1a2b3c4d',
			`  ${'━'.repeat(30)}${'─'.repeat(30)}  50%`,
			'  500 of 1,000 files · 100 files/s · 5s left · 35s',
			'  ├ ● Files 1  ━─────────── 30/300',
			'  ├ ● Files 2  ━━────────── 60/300',
			'  └ 7 waiting, 4 done',
		]);
	});

	it.each([20, 40, 80, 200])(
		'leaves the last column of %d free, so that no line wraps',
		(width) => {
			const many = startModel(
				parent(10, {
					title: '名前'.repeat(60),
					progress: { current: 1, total: 3, message: 'x'.repeat(300) },
				}),
				[1, 2, 3, 4, 5, 6, 7, 8].map((number) => child(number, { title: `${number} `.repeat(80) })),
				NOW,
			);
			const lines = renderLive(many, NOW, terminal(width, true));
			for (const line of lines) expect(cellWidth(line)).toBeLessThan(width);
			expect(bare(lines)).toEqual(renderLive(many, NOW, terminal(width, false)));
			expect(lines.length).toBeLessThanOrEqual(10);
		},
	);

	it('shows amounts without a bar while the total is not known', () => {
		const model = startModel(running({ progress: { current: 1200, unit: 'files' } }), [], NOW);
		expect(renderLive(model, NOW, terminal(80))).toEqual([
			'● running  make all  1a2b3c4d',
			'  1,200 files · 30s',
		]);
	});

	it('shows how far a job is by what it took before, until it takes longer', () => {
		const model = startModel(running({ usualMs: 40_000 }), [], NOW);
		expect(renderLive(model, NOW, terminal(80))).toEqual([
			'● running  make all  1a2b3c4d',
			`  ${'━'.repeat(45)}${'─'.repeat(15)} ~75%`,
			'  30s · usually 40s',
		]);
		expect(renderLive(model, NOW + 20_000, terminal(80))).toEqual([
			'● running  make all  1a2b3c4d',
			'  50s · longer than the usual 40s',
		]);
	});

	it('says why a job waits', () => {
		const model = { ...startModel(job(), [], NOW), waitReason: 'queue index is full' };
		expect(renderLive(model, NOW, terminal(80))).toEqual([
			'○ queued  make all  1a2b3c4d',
			'  queue index is full',
		]);
	});
});

describe('the same on a pipe', () => {
	it('is one line', () => {
		expect(renderPlainProgress(moving(), NOW + 5000)).toBe(
			'running: 50%, 500 of 1,000 files, 100 files/s, 5s left',
		);
		expect(renderPlainProgress(startModel(running(), [], NOW), NOW)).toBe('running');
		expect(renderPlainProgress(startModel(ended('failed'), [], NOW), NOW)).toBe('failed');
	});
});
