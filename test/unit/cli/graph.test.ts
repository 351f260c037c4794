import { describe, expect, test } from 'vitest';
import { parseJobs } from '../../../daemon/cli/parse/jobsFile.ts';
import { withoutNames } from '../../../daemon/cli/parse/names.ts';
import {
	drawLanes,
	type GraphJob,
	mostTelling,
	renderCounts,
	renderGraph,
} from '../../../daemon/cli/render/graph.ts';
import { createStyle } from '../../../daemon/cli/render/style.ts';
import { cellWidth } from '../../../daemon/cli/render/text.ts';
import { job, NOW, terminal } from './samples.ts';

const names = (text: string) => withoutNames(parseJobs(text)).map(({ spec }) => spec);

describe('names in a file of jobs', () => {
	test('become places and titles', () => {
		const file = [
			{ name: 'build', type: 'command' },
			{ name: 'lint', type: 'command', title: 'Lint it' },
			{ type: 'command', after: ['build', { name: 'lint', on: 'ended' }, { index: 0 }] },
		];
		expect(names(JSON.stringify(file))).toEqual([
			{ title: 'build', type: 'command' },
			{ title: 'Lint it', type: 'command' },
			{ type: 'command', after: [{ index: 0 }, { index: 1, on: 'ended' }, { index: 0 }] },
		]);
	});

	const jobs = (...lines: string[]) => `{"jobs": [\n${lines.join(',\n')}\n]}`;
	test.each([
		[
			jobs('{"after": ["b"]}', '{\n"name": "b"}'),
			'Line 2: it waits for "b", which stands later, on line 3',
		],
		[
			jobs('{"name": "a", "after":\n[{"name": "a"}]}'),
			'Line 3: it waits for "a", which is this job',
		],
		[
			jobs('{"name": "a"}', '{"name": "b"}', '{"after": ["a",\n"c"]}'),
			'Line 5: no job of the file is named "c"; before it stand "a", "b"',
		],
		['{"name":"a"}\n\n{"after":["x"]}', 'Line 3: no job of the file is named "x"'],
		['{"after":["x"]}', 'Line 1: no job of the file is named "x"; no job before it has a name'],
		['{"name":"a"}\n{"name":"a"}', 'Line 2: a job before it is named "a" too, on line 1'],
		['{"name":7}', 'Line 1: the name of a job is a text'],
	])('%j is refused with its line', (text, message) => {
		expect(() => names(text)).toThrow(message);
	});
});

/** `after` of each by place. */
function graphOf(...after: number[][]): GraphJob[] {
	return after.map((places, n) => {
		const of = job({ id: `${n}`, title: `job ${n}` });
		return { id: of.id, title: of.title, job: of, after: places };
	});
}

const drawn = (graph: GraphJob[], { style } = terminal(80)) =>
	drawLanes(graph, style.symbols).map((lane, n) => `${lane}${n}`);

describe('the lines of a graph', () => {
	test('a chain is a staircase, a fork and a join meet', () => {
		expect(drawn(graphOf([], [0], [1], [2]))).toEqual(['0', '└─1', '  └─2', '    └─3']);
		expect(drawn(graphOf([], [0], [0], [1, 2], []))).toEqual(['0', '├─1', '└─│─2', '  └─┴─3', '4']);
	});

	test('lines that go on are crossed, those of others passed', () => {
		expect(drawn(graphOf([], [], [], [0, 2], [0], [1]))).toEqual([
			'0',
			'│ 1',
			'│ │ 2',
			'├─│─┴─3',
			'└─│─4',
			'  └─5',
		]);
	});

	test('in ASCII, too', () => {
		const style = createStyle({ color: false, unicode: false });
		expect(drawn(graphOf([], [0], [0], [1, 2]), { ...terminal(80), style })).toEqual([
			'0',
			'|-1',
			'`-|-2',
			'  `-+-3',
		]);
	});

	test('where they have no room each job says what it waits for', () => {
		const chain = graphOf(...Array.from({ length: 30 }, (_, n) => (n === 0 ? [] : [n - 1])));
		const lines = renderGraph(chain, NOW, terminal(40));
		expect(lines[7]).toContain('after job 6');
		expect(lines.every((line) => cellWidth(line) < 40)).toBe(true);
	});
});

test('what fits no window: what failed, runs, and is next; the counts say the rest', () => {
	const graph = graphOf([], [], [], [0], [0]);
	const states = ['succeeded', 'failed', 'running', 'queued', 'queued'] as const;
	const mixed = graph.map((one, n) => ({
		...one,
		job: job({ id: one.id, state: states[n] ?? 'queued' }),
	}));
	expect(mostTelling(mixed, 2).map(({ id }) => id)).toEqual(['1', '2']);
	expect(renderCounts(mixed, 62_000, terminal(80))).toBe(
		'5 jobs: 2 queued, 1 running, 1 succeeded, 1 failed · 1m 2s',
	);
});
