/** Trigrams of text: 21 bits, seven of each byte of its folded UTF-8. */
import { isAscii } from 'node:buffer';

/** Keys are below. */
export const KEYS = 1 << 21;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Letters in lower case; of bytes beyond ASCII the lower bits, so one Han or Kana character is a trigram. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) =>
	byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte & 0x7f,
);

/** What differs only in case, or in how accents are written, is the same afterwards. Lengths may change. */
export function foldText(text: string): string {
	return text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}

/** Calls `visit` for every trigram of whole lines, repeated ones too; none reaches over the end of a line. */
export function eachTrigram(block: Buffer, visit: (key: number) => void): void {
	const bytes = isAscii(block) ? block : Buffer.from(foldText(block.toString()));
	let key = 0;
	let length = 0;
	for (const byte of bytes) {
		if (byte === NEWLINE || byte === RETURN) {
			length = 0;
			continue;
		}
		key = ((key << 7) | (FOLDED[byte] ?? 0)) & (KEYS - 1);
		if (++length >= 3) visit(key);
	}
}

/** The trigrams that every line with `literal` has, in whatever case; none where it is too short. */
export function trigramsOf(literal: string): number[] {
	const keys = new Set<number>();
	// What stands alone in the text may be one character with a mark that is typed first or last.
	const sure = foldText(literal).replace(/^\p{M}+/u, '');
	eachTrigram(Buffer.from(sure), (key) => keys.add(key));
	return [...keys];
}
