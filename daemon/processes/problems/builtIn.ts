/** The matchers that are there already. Their patterns look at each line in time that grows with its length only. */
import type { MatcherPattern, Severity } from '../../../shared/problems.ts';
import type { BuiltInMatcher } from '../../../shared/problemTerms.ts';

/** One line of a problem. */
export interface BuiltInPattern extends Omit<MatcherPattern, 'regexp'> {
	readonly regexp: RegExp;
	/** It may stand several times before the next one does; the first one counts. */
	readonly repeat?: true;
}

export interface BuiltInDefinition {
	readonly source: string;
	readonly severity?: Severity;
	/** Each a sequence of lines; of those that end with the same line the first counts. */
	readonly sequences: readonly (readonly BuiltInPattern[])[];
	/** make says in which folder it works. */
	readonly foldersOfMake?: true;
}

const located = { file: 1, line: 2, column: 3 } as const;

export const BUILT_IN: Readonly<Record<BuiltInMatcher, BuiltInDefinition>> = {
	$tsc: {
		source: 'ts',
		sequences: [
			// src/a.ts(3,5): error TS2322: …
			[
				{
					regexp: /^(\S[^(\n]*)\((\d+),(\d+)\): (error|warning|message) TS(\d+): (.+)$/,
					...located,
					severity: 4,
					code: 5,
					message: 6,
				},
			],
			// src/a.ts:3:5 - error TS2322: …, as on a terminal
			[
				{
					regexp: /^(\S.*?):(\d+):(\d+) - (error|warning|message) TS(\d+): (.+)$/,
					...located,
					severity: 4,
					code: 5,
					message: 6,
				},
			],
			[
				{
					regexp: /^(error|warning) TS(\d+): (.+)$/,
					severity: 1,
					code: 2,
					message: 3,
				},
			],
		],
	},
	'$eslint-stylish': {
		source: 'eslint',
		sequences: [
			[
				{ regexp: /^((?:[A-Za-z]:)?[^\s:][^:]*\.\w+)$/, file: 1 },
				{
					regexp: /^ +(\d+):(\d+) +(error|warning|info) +(\S.*?)(?: {2,}(@?[\w/@.-]+))?$/,
					line: 1,
					column: 2,
					severity: 3,
					message: 4,
					code: 5,
					loop: true,
				},
			],
		],
	},
	'$eslint-compact': {
		source: 'eslint',
		sequences: [
			[
				{
					regexp:
						/^(\S.*?): line (\d+), col (\d+), (Error|Warning|Info) - (.+?)(?: \(([^()\s]+)\))?$/,
					...located,
					severity: 4,
					message: 5,
					code: 6,
				},
			],
		],
	},
	$gcc: {
		source: 'gcc',
		foldersOfMake: true,
		sequences: [
			[
				{
					regexp:
						/^([^\s:][^:]*|[A-Za-z]:[\\/][^:]*):(\d+):(?:(\d+):)? (fatal error|error|warning|note): (.+?)(?: \[(-W[^\]\s]+)\])?$/,
					...located,
					severity: 4,
					message: 5,
					code: 6,
				},
			],
			// The linker: main.c:7: undefined reference to `f'
			[
				{
					regexp:
						/^(?:\S*ld(?:\.\w+)?: )?([^\s:][^:]*\.\w+):(\d+): ((?:undefined reference|multiple definition).*)$/,
					file: 1,
					line: 2,
					message: 3,
				},
			],
			[
				{
					regexp:
						/^(?:\S*ld(?:\.\w+)?: )?\S+\.o: in function .+: ([^\s:][^:]*\.\w+):(\d+): (undefined reference.*)$/,
					file: 1,
					line: 2,
					message: 3,
				},
			],
			[
				{
					regexp: /^(?:\S*ld(?:\.\w+)?: )?[^\s:][^:]*:\([^)]+\): (undefined reference.*)$/,
					message: 1,
				},
			],
		],
	},
	$go: {
		source: 'go',
		severity: 'error',
		sequences: [
			[
				{
					regexp: /^(?:vet: )?((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+):(?:(\d+):)? (.+)$/,
					...located,
					message: 4,
				},
			],
			// What a failed test says; the log of one that passed looks the same, but for the line before it.
			[
				{ regexp: /^\s*--- FAIL: / },
				{
					regexp: /^\s+([^\s:][^:]*\.go):(\d+): (.+)$/,
					file: 1,
					line: 2,
					message: 3,
					loop: true,
				},
			],
			// With -v that line comes after it.
			[
				{
					regexp: /^\s+([^\s:][^:]*\.go):(\d+): (.+)$/,
					file: 1,
					line: 2,
					message: 3,
				},
				{ regexp: /^\s*--- FAIL: / },
			],
		],
	},
	$msCompile: {
		source: 'msbuild',
		sequences: [
			[
				{
					regexp:
						/^\s*(?:\d+>)?\s*([^\s(][^(]*)\((\d+)(?:,(\d+))?(?:,\d+,\d+)?\)\s?: (?:[\w.]+ )?(fatal error|error|warning|info) (\w{1,3}\d+)\s?: (.+?)(?: \[[^\]]+\])?$/,
					...located,
					severity: 4,
					code: 5,
					message: 6,
				},
			],
			[
				{
					regexp:
						/^\s*(?:\d+>)?(?:MSBUILD|CSC|LINK|\S+\.\w*proj) : (?:fatal )?(error|warning) (\w{1,4}\d+): (.+?)(?: \[[^\]]+\])?$/,
					severity: 1,
					code: 2,
					message: 3,
				},
			],
		],
	},
	$pytest: {
		source: 'pytest',
		severity: 'error',
		sequences: [
			// E       assert 1 == 2  ·  (empty)  ·  test_a.py:5: AssertionError
			[
				{ regexp: /^E(?: +(\S.*)|\s*)$/, message: 1, repeat: true },
				{ regexp: /^\s*$/, repeat: true },
				{ regexp: /^([^\s:][^:]*\.py):(\d+): (\w[\w.]*)$/, file: 1, line: 2, code: 3 },
			],
			// --tb=short: test_a.py:5: in test_a  ·      assert f() == 2  ·  E   assert 1 == 2
			[
				{ regexp: /^([^\s:][^:]*\.py):(\d+): in .+$/, file: 1, line: 2 },
				{ regexp: /^ {4}\s*\S.*$/, repeat: true },
				{ regexp: /^E {2,}((?!File ")\S.*)$/, message: 1 },
			],
			// --tb=line
			[
				{
					regexp: /^(\/[^:]*\.py|[A-Za-z]:\\[^:]*\.py):(\d+): (?!in )(\S.*)$/,
					file: 1,
					line: 2,
					message: 3,
				},
			],
			//   File "/x/test_a.py", line 3  ·      def  ·          ^  ·  E   SyntaxError: …
			[
				{ regexp: /^E {2,}File "([^"]+)", line (\d+)/, file: 1, line: 2 },
				{ regexp: /^E {4,}(?!\w+(?:Error|Warning): ).*$/, repeat: true },
				{ regexp: /^E {2,}(\w*(?:Error|Warning): .+)$/, message: 1 },
			],
		],
	},
};
