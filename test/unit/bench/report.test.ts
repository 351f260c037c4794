import { describe, expect, it } from 'vitest';
import { regressions } from '../../bench/compare.ts';
import { holdsBudget, percentile, ratioOf, unstable, voids } from '../../bench/figures.ts';
import { inserted, markdown } from '../../bench/markdown.ts';
import { line } from '../../bench/report.ts';
import { beside, figure, report } from './samples.ts';

describe('benchmark figures', () => {
	it('are judged by the ratio of neighbouring repeats, not of medians', () => {
		const sample = figure([100, 60, 200], {
			others: [beside([200, 100, 400])],
			budget: { of: 'ratio', atLeast: 0.5 },
		});
		expect(ratioOf(sample)).toBeCloseTo(0.5);
		expect(holdsBudget(sample)).toBe(true);
		expect(holdsBudget({ ...sample, budget: { of: 'ratio', atLeast: 0.51 } })).toBe(false);
		expect(holdsBudget(figure([1]))).toBeUndefined();
	});

	it('say nothing of a ratio to what was not measured, or lost jobs', () => {
		const absent = beside([], { absent: 'not installed' });
		const lost = beside([5], { label: 'careless', void: '2 jobs were enqueued, 1 ran' });
		const sample = figure([100], { others: [absent, lost] });
		expect(ratioOf(sample)).toBeUndefined();
		expect(voids(sample)).toEqual(['careless: 2 jobs were enqueued, 1 ran']);
		expect(line(sample)).toContain('not installed');
	});

	it('take percentiles by the nearest rank', () => {
		const values = Array.from({ length: 100 }, (_, i) => 100 - i);
		expect(percentile(values, 0.5)).toBe(50);
		expect(percentile(values, 0.99)).toBe(99);
		expect(percentile([7], 0.99)).toBe(7);
	});

	it('are not called stable on a busy machine or when they scatter', () => {
		expect(unstable(figure([100, 101, 99]))).toBeUndefined();
		expect(unstable(figure([100, 101, 99], { busy: 0.4 }))).toContain('40%');
		expect(unstable(figure([100, 40]))).toBe('spread');
	});
});

describe('a comparison', () => {
	it('names what is worse beyond the spread of both runs, in either direction of better', () => {
		const before = report(figure([100, 101]), figure([10, 10.1], { name: 'ms', better: 'lower' }));
		const after = report(figure([80, 81]), figure([10.2, 10.3], { name: 'ms', better: 'lower' }));
		expect(regressions(before, after)).toEqual([expect.stringMatching(/^sample: 2\d% worse/)]);
		expect(regressions(after, before)).toEqual([]);
		const noisy = report(figure([60, 100]));
		expect(regressions(before, noisy)).toEqual([]);
	});

	it('compares by the alternative where there is one, so that a slower machine is no regression', () => {
		const before = report(figure([100, 100], { others: [beside([200, 200])] }));
		const slower = report(figure([50, 50], { others: [beside([100, 100])] }));
		expect(regressions(before, slower)).toEqual([]);
		const worse = report(figure([50, 50], { others: [beside([200, 200])] }));
		expect(regressions(before, worse)).toHaveLength(1);
	});

	it('compares by those alternatives that both runs have', () => {
		const redis = beside([1000, 1000], { label: 'BullMQ' });
		const before = report(figure([100, 100], { others: [beside([200, 200]), redis] }));
		const without = report(
			figure([100, 100], {
				others: [beside([200, 200]), { ...redis, values: [], absent: 'not installed' }],
			}),
		);
		expect(regressions(before, without)).toEqual([]);
		expect(regressions(without, before)).toEqual([]);
	});
});

describe('the tables', () => {
	const shared = figure([100, 110], {
		table: 'Enqueue',
		what: 'one at a time',
		cpu: [50, 52],
		others: [
			beside([200, 210], { label: 'BullMQ', cpu: [30, 31] }),
			beside([], { label: 'pg-boss', absent: 'failed: a | b' }),
		],
	});

	it('give every system a line, with what it costs or why it is not there', () => {
		const text = markdown(report(figure([7]), shared));
		expect(text).toContain('| a sample | 7 jobs/s |');
		expect(text).toContain('### Enqueue');
		expect(text).toContain('| Semantica | 100 (100–110), 50 µs CPU |');
		expect(text).toContain('| BullMQ | 200 (200–210), 30 µs CPU |');
		expect(text).toContain('| pg-boss | failed: a \\| b |');
		expect(text).toContain('Redis 7.0.15');
	});

	it('take the place of the earlier ones in a document', () => {
		const first = inserted('', report(figure([7])));
		const document = `# Before\n\n${first}\nAfter\n`;
		const second = inserted(document, report(figure([8])));
		expect(second).toContain('| a sample | 8 jobs/s |');
		expect(second).not.toContain('| 7 jobs/s |');
		expect(second.startsWith('# Before\n')).toBe(true);
		expect(second.endsWith('\nAfter\n')).toBe(true);
		expect(inserted(second, report(figure([8])))).toBe(second);
	});
});
