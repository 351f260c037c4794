/** Matchers of one's own, lines that come in pieces, and what terminals and old programs do to them. */
import { describe, expect, test } from 'vitest';
import { collectProblems } from '../../../../daemon/processes/problems/collect.ts';
import { decodeLine } from '../../../../daemon/processes/problems/decode.ts';
import { githubProblem, semanticaProblem } from '../../../../daemon/processes/problems/said.ts';
import { NOTHING_BEGUN, scanForProblems } from '../../../../daemon/processes/problems/scan.ts';
import { createPatterns } from '../../../../daemon/processes/readiness/patterns.ts';
import { type Matcher, matcherSchema, PROBLEM_LIMITS } from '../../../../shared/problems.ts';

function scan(matchers: readonly unknown[], lines: readonly string[], cwd = '/w') {
	const parsed: Matcher[] = matchers.map((matcher) => matcherSchema.parse(matcher));
	const patterns = createPatterns();
	let state = NOTHING_BEGUN;
	// Each line in a request of its own: what is begun is kept between them.
	return lines.flatMap((line) => {
		const request = { matchers: parsed, cwd, workspace: '/space', lines: [line], state };
		const scanned = scanForProblems(JSON.parse(JSON.stringify(request)), patterns);
		state = scanned.state;
		return scanned.problems;
	});
}

describe('a matcher of tasks.json', () => {
	test('of one line has the groups that are usual', () => {
		const pattern = { regexp: '^(.+)@(\\d+)@(\\d+)$' };
		expect(scan([{ pattern, owner: 'mine' }], ['x a.c@3@4', 'nothing'])).toEqual([
			{
				severity: 'error',
				message: 'x a.c@3@4',
				file: '/w/x a.c',
				line: 3,
				column: 4,
				source: 'mine',
			},
		]);
	});

	test('of several lines goes on in its last one', () => {
		const pattern = [
			{ regexp: '^FILE (.*)$', file: 1 },
			{ regexp: '^-+$' },
			{
				regexp: '^(\\d+(?:,\\d+)*) (\\w): (.*)$',
				location: 1,
				severity: 2,
				message: 3,
				loop: true,
			},
		];
		const lines = [
			'FILE a',
			'--',
			'3 E: x',
			'4,5,6,7 W: y',
			'else',
			'9 E: z',
			'FILE b',
			'--',
			'1 I: q',
		];
		expect(scan([{ pattern, severity: 'warning' }], lines)).toEqual([
			{ severity: 'error', message: 'x', file: '/w/a', line: 3 },
			{
				severity: 'warning',
				message: 'y',
				file: '/w/a',
				line: 4,
				column: 5,
				endLine: 6,
				endColumn: 7,
			},
			{ severity: 'info', message: 'q', file: '/w/b', line: 1 },
		]);
	});

	test('may change one that is built in', () => {
		const matcher = {
			base: '$tsc',
			source: 'mine',
			fileLocation: ['relative', `\${workspaceFolder}/sub`],
			background: { activeOnStart: true, beginsPattern: 'x' },
		};
		expect(scan([matcher], ['a.ts(1,2): error TS1: no'])).toMatchObject([
			{ file: '/space/sub/a.ts', source: 'mine', code: '1' },
		]);
	});

	test('may be about a whole file, and writes characters by their number', () => {
		const pattern = { regexp: '^\\u2716 (.*?): (.*)$', kind: 'file', file: 1, message: 2 };
		expect(scan([{ pattern }], ['✖ file:///x/a%20b.c: bad', '✖ x'])).toEqual([
			{ severity: 'error', message: 'bad', file: '/x/a b.c', line: 1 },
		]);
	});

	test.each([
		[{ pattern: '$nope' }],
		['$nope'],
		[{}],
		[{ pattern: [{ regexp: 'a', loop: true }, { regexp: 'b' }] }],
		[{ base: '$gcc', fileLocation: ['search', { include: ['a'] }] }],
		[{ base: '$gcc', surprise: 1 }],
	])('is refused as %j', (matcher) => {
		expect(matcherSchema.safeParse(matcher).success).toBe(false);
	});

	test.each(['(a+)+$', '(?:a|aa)+$', '^(\\w+\\s?)*$'])('cannot take for ever: %s', (regexp) => {
		// Elsewhere this ends after the universe does.
		const line = `${'a'.repeat(2000)}!`;
		expect(scan([{ pattern: { regexp } }], [line])).toEqual([]);
	});

	test.each(['(?=a)b', '(a)\\1', 'x{1000}{1000}', '('])(
		'is refused with a pattern as %s',
		(regexp) => {
			expect(() => createPatterns().check(regexp)).toThrow(/The pattern is refused/);
		},
	);
});

test('what stands on a terminal is what is looked at: the last of what was written over', () => {
	const lines = [
		'\u001b[2K 12%\r 50%\ra.c:1:2: error: no\r',
		'\u001b]8;;file:///x\u0007a.c\u001b]8;;\u0007:3:4: warning: w',
	];
	expect(scan(['$gcc'], lines)).toMatchObject([{ line: 1 }, { line: 3, severity: 'warning' }]);
});

test('names of files that lead elsewhere stay what they are', () => {
	const found = scan(
		['$gcc'],
		['../../etc/passwd:1:1: error: x', '/etc/shadow:2:2: error: y'],
		'/w/a/b',
	);
	expect(found.map(({ file }) => file)).toEqual(['/w/etc/passwd', '/etc/shadow']);
});

test('a line that is not UTF-8 is read as Western text, one that is cut within a character as UTF-8', () => {
	expect(decodeLine(Buffer.from('gr\xfc\xdfe.c:1:1: error: x', 'latin1'))).toBe(
		'grüße.c:1:1: error: x',
	);
	expect(decodeLine(Buffer.from('größe').subarray(0, 3))).toBe('gr\ufffd');
	expect(decodeLine(Buffer.from('größe'))).toBe('größe');
	expect(decodeLine(Buffer.alloc(0))).toBe('');
});

describe('what is kept', () => {
	const problem = (n: number, severity: 'error' | 'warning') => ({ severity, message: `m${n}` });

	test('is bounded, and errors have room beside any number of warnings', () => {
		const collected = collectProblems();
		for (let n = 0; n < 2000; n++) collected.add(problem(n, 'warning'));
		for (let n = 0; n < 2000; n++) collected.add(problem(n, 'error'));
		const all = collected.all();
		expect(all?.counts).toEqual({ errors: 2000, warnings: 2000, infos: 0 });
		expect(all?.problems.length).toBe(PROBLEM_LIMITS.kept);
		expect(all?.problems[0]?.severity).toBe('error');
	});

	test('has a bounded size, and nothing twice', () => {
		const collected = collectProblems();
		for (let n = 0; n < 2; n++) collected.add(problem(1, 'error'));
		expect(collected.all()?.counts.errors).toBe(1);
		for (let n = 0; n < 400; n++) {
			collected.add({
				severity: 'error',
				message: `${n}${'ü'.repeat(990)}`,
				file: `/${'f'.repeat(4000)}`,
			});
		}
		const bytes = Buffer.byteLength(JSON.stringify(collected.all()?.problems));
		expect(bytes).toBeLessThan(PROBLEM_LIMITS.keptBytes + 10_000);
		expect(collected.all()?.counts.errors).toBe(401);
	});

	test('is nothing where nothing was reported', () => {
		expect(collectProblems().all()).toBeUndefined();
	});
});

describe('what a job says itself', () => {
	test.each([
		[
			'::error file=src/a.ts,line=3,endLine=4,col=5,endColumn=6,title=No::It%0Ais%3A wrong, so\n',
			{
				severity: 'error',
				message: 'No: It\nis: wrong, so',
				file: 'src/a.ts',
				line: 3,
				column: 5,
				endLine: 4,
				endColumn: 6,
			},
		],
		['::warning::w\r\n', { severity: 'warning', message: 'w' }],
		['::notice file=a%2Cb.c,line=x::n', { severity: 'info', message: 'n', file: 'a,b.c' }],
	])('to GitHub: %j', (line, expected) => {
		expect(githubProblem(line)).toEqual(expected);
	});

	test.each(['::error', '::error file=a', '::errors::x', '::error::', '::error ::  \n'])(
		'is none: %j',
		(line) => {
			expect(githubProblem(line)).toBeUndefined();
		},
	);

	test('to Semantica', () => {
		expect(semanticaProblem('{"message":"m","file":"a.c","line":2}')).toEqual({
			severity: 'error',
			message: 'm',
			file: 'a.c',
			line: 2,
		});
		expect(semanticaProblem('{"message":"m","line":0}')).toBeUndefined();
		expect(semanticaProblem('{"message":"m","other":1}')).toBeUndefined();
	});
});
