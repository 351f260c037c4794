/** Words of a command line, for people who decide about it: nothing is hidden, and no word looks like two. */
import { MORE } from './aiTerms.ts';

const PLAIN = /^[\w@%+=:,./~-]+$/;
/** Control and format characters, other spaces, what stands for nothing: all that a terminal would not show as it is. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

export function exactWord(word: string): string {
	if (PLAIN.test(word)) return word;
	const quoted = `"${word.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;
	return quoted.replace(INVISIBLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

export function exactWords(words: readonly string[]): string {
	return words.map(exactWord).join(' ');
}

/** An allow rule: its last word may stand for whatever follows. */
export function ruleText(argv: readonly string[]): string {
	const open = argv.at(-1) === MORE;
	return open ? `${exactWords(argv.slice(0, -1))} ${MORE}` : exactWords(argv);
}
