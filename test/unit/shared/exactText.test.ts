import { expect, test } from 'vitest';
import { exactWords } from '../../../shared/exactText.ts';

test.each([
	[['npm', 'test', '--flag=a/b'], 'npm test --flag=a/b'],
	[['a b', ''], '"a b" ""'],
	[['say "it\\s"'], '"say \\"it\\\\s\\""'],
	[['one\ntwo\t3'], '"one\\ntwo\\t3"'],
	[
		['\u001b[2K', '\u202egnp', 'a\u00a0b', 'a\u2028b'],
		'"\\u{1b}[2K" "\\u{202e}gnp" "a\\u{a0}b" "a\\u{2028}b"',
	],
	[['über', '名'], '"über" "名"'],
])('%j is shown as it is', (words, shown) => {
	expect(exactWords(words)).toBe(shown);
});
