import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DoubleClickGuard, wishOf } from '../../../extension/commands/doubleClick.ts';
import { COMMANDS } from '../../../extension/contributions.ts';
import { excludePatterns, expandBraces, patternList } from '../../../extension/indexing/exclude.ts';
import { indexFileSpec, indexWorkspaceSpec } from '../../../extension/indexing/specs.ts';
import { indexSummary, skippedCount } from '../../../extension/indexing/summary.ts';
import { Coalescer, Lifetime, Signal } from '../../../extension/lifetime.ts';
import { interleave } from '../../../extension/search/hits.ts';
import { LiveSearch } from '../../../extension/search/live.ts';
import { jobSpecSchema } from '../../../shared/job.ts';
import { indexFilesPayload, indexWorkspacePayload } from '../../../shared/protocol/indexing.ts';

describe('a double click', () => {
	it('joins the first call, and a later one is a new wish', async () => {
		let now = 0;
		let runs = 0;
		const guard = new DoubleClickGuard(() => now);
		const work = async () => {
			runs++;
		};
		await Promise.all([guard.run('index a', work), guard.run('index a', work)]);
		await guard.run('index b', work);
		expect(runs).toBe(2);
		now = 1_000;
		await guard.run('index a', work);
		expect(runs).toBe(3);
	});
});

describe('the second click of a double click', () => {
	const [first, second] = [[{ kind: 'job', id: 'a' }], [{ kind: 'job', id: 'b' }]];

	it('is no wish of its own on the row that has come under the mouse', () => {
		const { id, once } = COMMANDS.cancel;
		expect(once).toBe('anyRow');
		expect(wishOf(id, once, first)).toBe(wishOf(id, once, second));
		expect(wishOf(id, once, first)).not.toBe(wishOf(COMMANDS.retry.id, once, first));
	});

	it('is one where no row leaves', () => {
		const { id, once } = COMMANDS.pause;
		expect(wishOf(id, once, first)).not.toBe(wishOf(id, once, second));
	});
});

describe('exclude patterns', () => {
	it('mean to the indexer what they mean to the editor', () => {
		expect(
			excludePatterns({
				'**/.git': true,
				'out/*.{js,map}': true,
				'**/*.log': false,
				a: { when: 'b' },
			}),
		).toEqual(['**/.git', '/out/*.js', '/out/*.map']);
	});

	it('are taken from whatever a person wrote', () => {
		expect(patternList(['a', '', 3, 'b'])).toEqual(['a', 'b']);
		expect(patternList('generated/')).toEqual(['generated/']);
		expect([patternList(null), patternList({ a: true })]).toEqual([[], []]);
	});

	it('expand nested braces and leave open ones alone', () => {
		expect(expandBraces('{a,b{1,2}}.c').sort()).toEqual(['a.c', 'b1.c', 'b2.c']);
		expect(expandBraces('x{y')).toEqual(['x{y']);
	});
});

describe('job specifications', () => {
	const folder = { uri: 'file:///w', path: '/w', name: 'w' };

	it('are what the daemon accepts', () => {
		const whole = indexWorkspaceSpec(folder, 'Index w', {
			rules: { exclude: ['/a'], defaultExcludes: true, maxFileBytes: 4096 },
			start: 'by hand',
		});
		indexWorkspacePayload.parse(jobSpecSchema.parse(whole).payload);
		const file = { uri: 'file:///w/src/a.ts', path: '/w/src/a.ts' };
		const saved = indexFileSpec(folder, file, 'Index a', { onSave: true });
		const spec = jobSpecSchema.parse(saved);
		expect(indexFilesPayload.parse(spec.payload).files).toEqual(['src/a.ts']);
		expect(spec).toMatchObject({ subject: file.uri, debounceMs: 100 });
	});

	it('leave out a subject that is longer than the daemon takes', () => {
		const path = `/w/${'ä'.repeat(300)}.ts`;
		const file = { uri: encodeURI(`file://${path}`), path };
		const spec = indexFileSpec(folder, file, 'Index', { onSave: false });
		expect(jobSpecSchema.parse(spec).subject).toBeUndefined();
	});
});

describe('what an index job says it did', () => {
	it('is read with care', () => {
		const summary = indexSummary({ files: 12, skipped: { binary: 2, 'too-large': 1, odd: 'x' } });
		expect(summary.files).toBe(12);
		expect(skippedCount(summary)).toBe(3);
		for (const nonsense of [null, 'x', 3, [], { files: 'many', skipped: 4 }]) {
			const { files, skipped } = indexSummary(nonsense);
			expect([files, skipped.size]).toEqual([undefined, 0]);
		}
	});
});

describe('hits of several folders', () => {
	it('take turns and count a place once', () => {
		const hit = (workspace: string, path: string) => ({
			workspace,
			path,
			line: 1,
			column: 1,
			snippet: '',
			score: 1,
		});
		const merged = interleave([
			[hit('a', '1'), hit('a', '2'), hit('a', '3')],
			[hit('b', '1'), hit('a', '2')],
		]);
		expect(merged.map(({ workspace, path }) => workspace + path)).toEqual(['a1', 'b1', 'a2', 'a3']);
		const nested = interleave([[hit('file:///a', 'b c/1')], [hit('file:///a/b%20c', '1')]]);
		expect(nested.length).toBe(1);
	});
});

describe('live search', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	it('asks once per pause and shows only the answer to what stands there', async () => {
		const answers = new Map<string, (found: string[]) => void>();
		const aborted: string[] = [];
		const shown: [string, string[] | undefined][] = [];
		const live = new LiveSearch<string[]>({
			search: (query, signal) => {
				signal.addEventListener('abort', () => aborted.push(query));
				return new Promise((resolve) => answers.set(query, resolve));
			},
			show: (query, found) => shown.push([query, found]),
			failed: (error) => {
				throw error;
			},
			busy: () => {},
		});
		live.type('s');
		live.type('so');
		await vi.advanceTimersByTimeAsync(500);
		live.type('sock');
		await vi.advanceTimersByTimeAsync(500);
		expect([...answers.keys()]).toEqual(['so', 'sock']);
		expect(aborted).toEqual(['so']);
		answers.get('sock')?.(['new']);
		answers.get('so')?.(['old']);
		await vi.advanceTimersByTimeAsync(0);
		expect(shown).toEqual([['sock', ['new']]]);
		live.type('');
		expect(shown.at(-1)).toEqual(['', undefined]);
		live.type('late');
		live.dispose();
		await vi.advanceTimersByTimeAsync(500);
		expect(answers.has('late')).toBe(false);
	});

	it('coalesces a burst into one call and holds no timer afterwards', async () => {
		let calls = 0;
		const coalescer = new Coalescer(100, () => calls++);
		for (let i = 0; i < 50; i++) coalescer.schedule();
		await vi.advanceTimersByTimeAsync(1_000);
		expect(calls).toBe(1);
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe('a lifetime', () => {
	it('disposes at once what is added too late', () => {
		const lifetime = new Lifetime();
		const signal = new Signal<number>();
		const seen: number[] = [];
		lifetime.own(signal.on((value) => seen.push(value)));
		signal.emit(1);
		lifetime.dispose();
		lifetime.own(signal.on((value) => seen.push(value)));
		signal.emit(2);
		expect(seen).toEqual([1]);
	});
});
