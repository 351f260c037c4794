/** The matchers that are there already, on what the real programs printed (outputs/). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOTHING_BEGUN, scanForProblems } from '../../../../daemon/processes/problems/scan.ts';
import { createPatterns } from '../../../../daemon/processes/readiness/patterns.ts';
import type { Problem } from '../../../../shared/problems.ts';
import type { BuiltInMatcher } from '../../../../shared/problemTerms.ts';

const FOLDER = '/home/me/project';

function problemsIn(matchers: readonly BuiltInMatcher[], lines: readonly string[]): Problem[] {
	const request = { matchers, cwd: FOLDER, workspace: FOLDER, lines, state: NOTHING_BEGUN };
	return [...scanForProblems(request, createPatterns()).problems];
}

function linesOf(program: string): string[] {
	const file = join(import.meta.dirname, 'outputs', `${program}.txt`);
	return readFileSync(file, 'utf8').split('\n');
}

/** `src/a.ts:3:5 error TS2322`: where, what, and the beginning of what it says. */
function briefly({ file, line, column, severity, message, code }: Problem): string {
	const path = file?.replace(`${FOLDER}/`, '') ?? '';
	const place = [path, line, column].filter((part) => part !== undefined).join(':');
	return [place, severity, code, message.slice(0, 24)]
		.filter((part) => part !== undefined)
		.join(' ');
}

const TSC = [
	"src/a.ts:1:7 error 2322 Type 'string' is not ass",
	"src/a.ts:2:42 error 2339 Property 'missing' does ",
	'src/a.ts:3:23 error 2554 Expected 1 arguments, bu',
	"src/a.ts:5:21 error 2322 Type 'string' is not ass",
	`src/b.ts:1:10 error 2305 Module '"./a"' has no ex`,
	"src/b.ts:2:5 error 2322 Type 'number' is not ass",
	'src/b.ts:3:1 error 1211 A class declaration with',
];
const ESLINT = [
	"/home/me/es/one.js:1:7 error no-unused-vars 'a' is assigned a value ",
	'/home/me/es/one.js:1:12 warning semi Missing semicolon',
	"/home/me/es/one.js:2:1 error no-undef 'console' is not defined",
	'/home/me/es/one.js:2:1 warning no-console Unexpected console state',
	"/home/me/es/one.js:2:13 error no-undef 'b' is not defined",
	'/home/me/es/one.js:2:15 warning semi Missing semicolon',
	'/home/me/es/two.js:1:1 error Parsing error: The keywo',
	"/home/me/es/with space.js:2:1 error no-undef 'alert' is not defined",
];
const GCC = [
	'a.h:1:29 warning -Wint-conversion returning ‘char *’ from ',
	'a.c:3:35 error ‘b’ undeclared (first us',
	'a.c:3:35 info each undeclared identifi',
	'a.c:3:20 warning -Wunused-variable unused variable ‘unused’',
	'a.c:4:27 warning -Wformat= format ‘%s’ expects argu',
	'a.c:4:44 warning -Wimplicit-function-declaration implicit declaration of ',
	'a.c:3:38 warning -Wreturn-type control reaches end of n',
	'a.h:1:12 warning -Wunused-function ‘h’ defined but not used',
];
const PYTEST = [
	'test_a.py:7 error AssertionError assert 1 == 2',
	'test_a.py:5 error ZeroDivisionError ZeroDivisionError: divis',
	'test_a.py:11 error AssertionError AssertionError: differs',
	'test_a.py:17 error ValueError ValueError: v 1',
	'test_a.py:17 error ValueError ValueError: v 2',
];
const withoutCode = (lines: readonly string[]) =>
	lines.map((line) => line.replace(/error \w+Error /, 'error '));

const CASES: readonly [string, BuiltInMatcher[], readonly string[]][] = [
	['tsc', ['$tsc'], TSC],
	['tsc-terminal', ['$tsc'], TSC],
	['eslint', ['$eslint-stylish', '$eslint-compact'], ESLINT],
	['eslint-terminal', ['$eslint-stylish', '$eslint-compact'], ESLINT],
	['gcc', ['$gcc'], GCC],
	// Colours, and the link that gcc makes of an option.
	['gcc-terminal', ['$gcc'], GCC],
	['pytest', ['$pytest'], PYTEST],
	['pytest-terminal', ['$pytest'], PYTEST],
	['pytest-short', ['$pytest'], withoutCode(PYTEST)],
	['pytest-line', ['$pytest'], withoutCode(PYTEST).map((line) => `/home/me/py/${line}`)],
	[
		'pytest-collecting',
		['$pytest'],
		[
			'/home/me/py/test_b.py:1 error SyntaxError: invalid syn',
			'test_c.py:1 error ModuleNotFoundError: No ',
		],
	],
	[
		'go-build',
		['$go'],
		[
			'main.go:5:2 error imported and not used: "',
			'main.go:9:2 error x declared but not used',
			'main.go:10:14 error undefined: undefinedThin',
			'main.go:11:9 error too many return values',
		],
	],
	['go-vet', ['$go'], ['main.go:10:14 error undeclared name: undefin']],
	// What a failed test logged cannot be told from what it failed by.
	['go-test', ['$go'], ['sub_test.go:6 error just a log', 'sub_test.go:7 error got 1']],
	// With -v the log of a test that passed looks the same: only the line before the verdict is taken.
	['go-test-v', ['$go'], ['sub_test.go:7 error got 1']],
	// In the folder that make has entered.
	[
		'make',
		['$gcc'],
		[
			'/home/me/c/sub/s.c:1:22 error ‘zz’ undeclared (first u',
			'/home/me/c/sub/s.c:1:22 info each undeclared identifi',
			'/home/me/c/sub/s.c:1:26 warning -Wreturn-type control reaches end of n',
		],
	],
	[
		'ld',
		['$gcc'],
		['/home/me/c/l.c:2 error undefined reference to `', ' error undefined reference to `'],
	],
];

describe('a built-in matcher', () => {
	test.each(CASES)('finds all that %s printed, and no more', (program, matchers, expected) => {
		expect(problemsIn(matchers, linesOf(program)).map(briefly)).toEqual(expected);
	});

	test('finds the errors of templates among their notes', () => {
		const all = problemsIn(['$gcc'], linesOf('g++'));
		const errors = all.filter(({ severity }) => severity === 'error').map(briefly);
		expect(errors).toEqual([
			't.cpp:3:45 error no matching function for',
			't.cpp:3:74 error ‘undefined_thing’ was no',
		]);
		expect(all.length).toBe(6);
	});

	test('finds what eslint prints in its compact form', () => {
		const all = problemsIn(['$eslint-compact'], linesOf('eslint-compact'));
		expect(all.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(
			problemsIn(['$eslint-stylish'], linesOf('eslint')).map(
				({ line, column, code }) => `${line}:${column} ${code}`,
			),
		);
	});

	test('finds what MSBuild prints', () => {
		const lines = [
			"Program.cs(7,13): error CS0103: The name 'x' does not exist in the current context [/src/App.csproj]",
			'/src/Other.cs(3,1): warning CS8618: Non-nullable field [/src/App.csproj]',
			'1>/src/b.cpp(4): fatal error C1083: Cannot open include file',
			'MSBUILD : error MSB1009: Project file does not exist.',
			'    0 Warning(s)',
			'    2 Error(s)',
		];
		expect(problemsIn(['$msCompile'], lines).map(briefly)).toEqual([
			"Program.cs:7:13 error CS0103 The name 'x' does not ex",
			'/src/Other.cs:3:1 warning CS8618 Non-nullable field',
			'/src/b.cpp:4 error C1083 Cannot open include file',
			' error MSB1009 Project file does not ex',
		]);
	});
});
