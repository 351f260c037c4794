/** From what a person types to a program and its arguments, without a shell. */
import { type ParseOptions, parse } from 'shell-quote';

export interface CommandLine {
	readonly command: string;
	readonly args: readonly string[];
	/** What only a shell would understand (pipes, variables, patterns), in the order it appears. */
	readonly shellSyntax: readonly string[];
}

export type ParsedLine = { readonly line: CommandLine } | { readonly problem: 'empty' | 'quote' };

/** Run directly, shell syntax is passed on literally; whoever asks must offer the shell. */
export function parseCommandLine(text: string, windows: boolean): ParsedLine {
	const line = text.trim();
	if (line === '') return { problem: 'empty' };
	if (hasOpenQuote(line, windows)) return { problem: 'quote' };
	const options = { escape: windows ? '^' : '\\' };
	const [command, ...args] = directWords(line, options);
	if (command === undefined || command === '') return { problem: 'empty' };
	return { line: { command, args, shellSyntax: shellSyntax(line, options) } };
}

// A stand-in for the dollar sign that shell-quote takes for a letter like any other.
const DOLLAR = '\uffff';

/** The words with everything that only a shell understands left as it stands. */
function directWords(line: string, options: ParseOptions): string[] {
	const plain = line.replaceAll(/(?<!\\)\$/g, DOLLAR);
	return parse(plain, {}, options).map((word) =>
		(typeof word === 'string' ? word : literalOf(word)).replaceAll(DOLLAR, '$'),
	);
}

function shellSyntax(line: string, options: ParseOptions): string[] {
	// As an object a variable is told apart from what merely looks like one inside single quotes.
	const variable = (name: string) => ({ op: `$${name}` });
	const found = parse(line, variable as never, options)
		.filter((word) => typeof word !== 'string')
		.map(literalOf);
	if (line.includes('`')) found.push('`');
	if (/(^|\s)~/.test(line)) found.push('~');
	const [assignment] = /^\w+=\S*/.exec(line) ?? [];
	return assignment === undefined ? found : [assignment, ...found];
}

function literalOf(word: object): string {
	if ('pattern' in word) return String(word.pattern);
	if ('comment' in word) return `#${String(word.comment)}`;
	return 'op' in word ? String(word.op) : '';
}

// shell-quote drops a quote that is never closed; that would run something else than was meant.
function hasOpenQuote(line: string, windows: boolean): boolean {
	let quote = '';
	for (let at = 0; at < line.length; at++) {
		const character = line.charAt(at);
		if (character === (windows ? '^' : '\\') && quote !== "'") at++;
		else if (quote === character) quote = '';
		else if (quote === '' && (character === '"' || character === "'")) quote = character;
	}
	return quote !== '';
}
