import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../extension/commands/commandLine.ts';

const parsed = (text: string, windows = false) => {
	const result = parseCommandLine(text, windows);
	if ('problem' in result) throw new Error(result.problem);
	return result.line;
};

describe('a command line', () => {
	it.each([
		['npm run build -- --verbose', ['npm', 'run', 'build', '--', '--verbose']],
		['echo "a b" \'c "d"\' e\\ f', ['echo', 'a b', 'c "d"', 'e f']],
		['echo "it\\"s" ""', ['echo', 'it"s', '']],
		['  spaced   out  ', ['spaced', 'out']],
	])('%s is split without a shell', (text, words) => {
		const { command, args, shellSyntax } = parsed(text);
		expect([command, ...args]).toEqual(words);
		expect(shellSyntax).toEqual([]);
	});

	it.each(['', '   ', '""'])('%j is empty', (text) => {
		expect(parseCommandLine(text, false)).toEqual({ problem: 'empty' });
	});

	it.each(['echo "abc', "echo it's", 'echo "a\\"'])('%s has an open quote', (text) => {
		expect(parseCommandLine(text, false)).toEqual({ problem: 'quote' });
	});

	it.each([
		['a | b', ['|']],
		['a && b > c', ['&&', '>']],
		['ls *.ts', ['*.ts']],
		['echo $HOME "$X"', ['$HOME', '$X']],
		['echo `date`', ['`']],
		['ls ~/x', ['~']],
		['A=1 make', ['A=1']],
		['x # why', ['# why']],
	])('%s needs a shell', (text, syntax) => {
		expect(parsed(text).shellSyntax).toEqual(syntax);
	});

	it('passes shell syntax on as it stands when it is run directly', () => {
		expect(parsed('grep -E a|b *.ts').args).toEqual(['-E', 'a', '|', 'b', '*.ts']);
		expect(parsed("echo '$HOME | x'")).toMatchObject({ args: ['$HOME | x'], shellSyntax: [] });
	});

	it('keeps quoted words whole when it is run directly', () => {
		expect(parsed('sh -c "echo $! $X > f; wait"').args).toEqual(['-c', 'echo $! $X > f; wait']);
		expect(parsed('echo "\\$5" \\$6').args).toEqual(['$5', '$6']);
	});

	it('keeps Windows paths', () => {
		expect(parsed('C:\\bin\\x.exe "C:\\a b\\c"', true)).toMatchObject({
			command: 'C:\\bin\\x.exe',
			args: ['C:\\a b\\c'],
		});
	});

	it('gives back what a shell would have seen, for any quoted words', () => {
		const word = fc.string({ minLength: 1 }).filter((text) => !/[\r\n~]/.test(text));
		fc.assert(
			fc.property(fc.array(word, { minLength: 1 }), (words) => {
				const line = words.map((text) => `'${text.replaceAll("'", `'\\''`)}'`).join(' ');
				const { command, args } = parsed(line);
				expect([command, ...args]).toEqual(words);
			}),
		);
	});
});
