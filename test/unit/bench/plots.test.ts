import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawBars } from '../../bench/plots/bars.ts';
import { drawPlots } from '../../bench/plots/draw.ts';
import { beside, figure } from './samples.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'semantica-plots-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('plots', () => {
	it('are drawn for what was measured only', () => {
		drawPlots(folder, [
			figure([100, 120], {
				name: 'queues-alone',
				others: [
					beside([50, 60], { label: 'BullMQ' }),
					beside([], { label: 'pg-boss', absent: 'x' }),
				],
			}),
			figure([0.2], { name: 'claim-100k-p50', unit: 'ms', others: [beside([0.1])] }),
		]);
		expect(readdirSync(folder).sort()).toEqual(['depth.svg', 'enqueue.svg']);
		const enqueue = readFileSync(join(folder, 'enqueue.svg'), 'utf8');
		for (const word of ['Semantica', 'BullMQ', 'pg-boss', 'not measured', 'prefers-color-scheme']) {
			expect(enqueue).toContain(word);
		}
		expect(enqueue).not.toMatch(/NaN|Infinity|undefined/);
	});

	it('keep bars in proportion, and zero on a logarithmic scale within the panel', () => {
		const draw = (values: [string, number[]][], logarithmic: boolean) =>
			drawBars({
				title: 'a < b',
				subtitle: '',
				rows: values.map(([row]) => row),
				ours: new Set(['one']),
				panels: [{ title: 'p', unit: 'ms', logarithmic, cells: new Map(values) }],
			});
		const bars = draw(
			[
				['one', [50]],
				['two', [100]],
			],
			false,
		);
		const widths = [...bars.matchAll(/class="bar[^"]*"[^>]* width="([\d.]+)"/g)].map((hit) =>
			Number(hit[1]),
		);
		expect(widths).toHaveLength(2);
		expect((widths[0] ?? 0) * 2).toBeCloseTo(widths[1] ?? 0);
		expect(bars).toContain('a &lt; b');
		const dots = draw(
			[
				['one', [0]],
				['two', [1000]],
			],
			true,
		);
		const places = [...dots.matchAll(/cx="([\d.]+)"/g)].map((hit) => Number(hit[1]));
		expect(places[0]).toBeLessThan(places[1] ?? 0);
		expect(dots).not.toMatch(/NaN|Infinity/);
	});
});
