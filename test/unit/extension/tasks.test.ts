// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of tasks look like that
import { describe, expect, test } from 'vitest';
import { specOfDefinition } from '../../../extension/tasks/definition.ts';
import { makeTargets } from '../../../extension/tasks/makefile.ts';
import { matchersOf } from '../../../extension/tasks/matchers.ts';
import { planTask } from '../../../extension/tasks/plan.ts';
import { shellLine } from '../../../extension/tasks/shellLine.ts';
import { Unresolved, withVariables } from '../../../extension/tasks/variables.ts';
import { jobSpecSchema } from '../../../shared/job.ts';

const place = {
	folder: '/w/app',
	folders: { lib: '/w/lib' },
	file: '/w/app/src/a.test.ts',
	line: 7,
	selected: 'word',
	home: '/home/u',
	env: { CC: 'clang' },
	config: (key: string) => ({ 'my.port': 80, 'my.list': [1] })[key],
};

describe('variables of a task', () => {
	test.each([
		['${workspaceFolder}/x', '/w/app/x'],
		['${workspaceFolder:lib}', '/w/lib'],
		['${workspaceFolderBasename} ${cwd}', 'app /w/app'],
		['${relativeFile} ${fileBasenameNoExtension} ${fileExtname}', 'src/a.test.ts a.test .ts'],
		['${relativeFileDirname}:${lineNumber}:${selectedText}', 'src:7:word'],
		['${env:CC} [${env:NONE}] ${config:my.port}', 'clang [] 80'],
		['$HOME ${', '$HOME ${'],
	])('%s', (text, expected) => {
		expect(withVariables(text, place)).toBe(expected);
	});

	test.each([
		['${input:name}', 'asks'],
		['${command:pick}', 'asks'],
		['${workspaceFolder:gone}', 'unknown'],
		['${config:my.list}', 'unknown'],
		['${whatever}', 'unknown'],
	])('%s is refused', (text, kind) => {
		const problem = (() => {
			try {
				return withVariables(text, place);
			} catch (error) {
				return (error as Unresolved).problem;
			}
		})();
		expect(problem).toEqual({ kind, variable: text });
	});

	test('a file that is not there is asked for', () => {
		const { file: _, ...nothing } = place;
		expect(() => withVariables('${file}', nothing)).toThrow(Unresolved);
	});
});

test('words for a shell are quoted as the editor does', () => {
	const words = [
		'npm',
		'a b',
		'"c d"',
		'$HOME',
		'',
		{ value: "it's", quoting: 'strong' },
		{ value: 'say "$X"', quoting: 'weak' },
		{ value: 'a b$c', quoting: 'escape' },
	] as const;
	expect(shellLine(words, false)).toBe(
		`npm 'a b' "c d" $HOME '' 'it'\\''s' "say \\"$X\\"" a\\ b\\$c`,
	);
	expect(shellLine(['a b', { value: 'x&y', quoting: 'escape' }], true)).toBe('"a b" x^&y');
});

describe('targets of a Makefile', () => {
	test('are those that a person may mean', () => {
		const text = [
			'CC := gcc',
			'X ::= y',
			'all: build test # everything',
			'build: main.o',
			'\tcc: no',
			'%.o: %.c',
			'out/file: x',
			'test lint::',
			'.DEFAULT: x',
			'a = b: c',
		].join('\n');
		expect(makeTargets(text)).toEqual(['all', 'build', 'test', 'lint']);
	});

	test('are the phony ones where it says which these are', () => {
		expect(makeTargets('.PHONY: all clean\nall: x\nx:\nclean:\n.PHONY: x2\nx2:')).toEqual([
			'all',
			'clean',
			'x2',
		]);
	});
});

describe('matchers of a task', () => {
	const contributed = {
		matchers: [{ name: 'mine', owner: 'm', pattern: '$lines', fileLocation: ['search', {}] }],
		patterns: [{ name: 'lines', regexp: '^(.*):(\\d+)$', file: 1, line: 2, message: 1 }],
	};

	test.each([
		['nothing said', undefined, undefined],
		['none wanted', [], []],
		['built in', '$tsc', ['$tsc']],
		['one that watches', ['$tsc-watch', '$eslint-stylish'], ['$tsc', '$eslint-stylish']],
		['unknown to everybody', '$nobody', undefined],
		[
			'of an extension',
			'$mine',
			[{ owner: 'm', pattern: { regexp: '^(.*):(\\d+)$', file: 1, line: 2, message: 1 } }],
		],
		[
			'an object that changes one',
			{ base: '$gcc', fileLocation: ['relative', '${workspaceFolder}'], background: {} },
			[{ base: '$gcc', fileLocation: 'relative' }],
		],
	])('%s', (_what, named, expected) => {
		const found = matchersOf(named, contributed);
		expect(found).toEqual(expected);
		// The daemon takes what is found.
		const spec = { type: 'command', command: { command: 'x' }, errors: found };
		expect(jobSpecSchema.safeParse(spec).success).toBe(true);
	});
});

describe('a task with those that it depends on', () => {
	const spec = (title: string) => ({ type: 'command', title });
	const all: Record<string, { dependsOn?: string[]; inSequence?: boolean; empty?: true }> = {
		a: {},
		b: { dependsOn: ['a'] },
		c: {},
		both: { dependsOn: ['b', 'c', 'a'] },
		line: { dependsOn: ['c', 'b'], inSequence: true },
		group: { dependsOn: ['a', 'c'], empty: true },
		top: { dependsOn: ['group'] },
		round: { dependsOn: ['trip'] },
		trip: { dependsOn: ['round'] },
		lost: { dependsOn: ['nobody'] },
	};
	const plan = (name: string) =>
		planTask(name, (of) => {
			const { dependsOn = [], inSequence = false, empty } = all[of] ?? {};
			if (all[of] === undefined) return undefined;
			return { spec: empty === true ? undefined : spec(of), dependsOn, inSequence };
		});
	const waits = (...indexes: number[]) => ({ after: indexes.map((index) => ({ index })) });

	test('is one request, in which each runs once', () => {
		expect(plan('both')).toEqual({
			jobs: [
				spec('a'),
				{ ...spec('b'), ...waits(0) },
				spec('c'),
				{ ...spec('both'), ...waits(1, 2, 0) },
			],
		});
	});

	test('waits in sequence where it says so', () => {
		expect(plan('line')).toEqual({
			jobs: [
				spec('c'),
				{ ...spec('a'), ...waits(0) },
				{ ...spec('b'), ...waits(0, 1) },
				{ ...spec('line'), ...waits(0, 2) },
			],
		});
	});

	test('may run nothing itself', () => {
		expect(plan('top')).toEqual({
			jobs: [spec('a'), spec('c'), { ...spec('top'), ...waits(0, 1) }],
		});
	});

	test('is refused where it depends on itself, or on what is not there', () => {
		expect(plan('round')).toEqual({ circle: 'round' });
		expect(plan('lost')).toEqual({ missing: 'nobody' });
	});
});

describe('a task of our own type', () => {
	const at = { name: 'Build', folder: { path: '/w/app', uri: 'file:///w/app' }, path: '/bin' };

	test('is a job with what it says', () => {
		const definition = {
			type: 'semantica',
			command: 'make',
			args: ['all'],
			cwd: 'sub',
			env: { A: '1' },
			timeout: 1.5,
			retries: 2,
			idle: true,
			queue: 'builds',
			pty: true,
		};
		const made = specOfDefinition(definition, at);
		expect(made).toEqual({
			spec: {
				type: 'command',
				title: 'Build',
				workspace: 'file:///w/app',
				command: {
					command: 'make',
					args: ['all'],
					cwd: '/w/app/sub',
					env: { PATH: '/bin', A: '1' },
					shell: false,
				},
				constraints: { minBattery: 0, idle: true },
				pty: true,
				queue: 'builds',
				timeoutMs: 1500,
				maxAttempts: 3,
			},
		});
		expect(jobSpecSchema.safeParse('spec' in made && made.spec).success).toBe(true);
	});

	test.each([
		[{ command: 1 }, 'command'],
		[{ command: ' ' }, 'command'],
		[{ command: 'x', args: 'y' }, 'args'],
		[{ command: 'x', env: { A: 1 } }, 'env'],
		[{ command: 'x', retries: '1' }, 'retries'],
		[{ command: 'x', pty: 1 }, 'pty'],
	])('%j names what is wrong', (definition, wrong) => {
		expect(specOfDefinition(definition, at)).toEqual({ wrong });
	});
});
