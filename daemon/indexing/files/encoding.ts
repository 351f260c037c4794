/** From a file's bytes to UTF-8 text. A few bad bytes do not hide the rest of a file. */
import { isUtf8 } from 'node:buffer';
import { decodeEastAsian } from './eastAsian.ts';

/** More than this share of characters that no text has: it is none. */
const ODD_SHARE = 1 / 10;
// Beside tabs, line ends and the escapes of terminals.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ODD = /[\u0000-\u0007\u000e-\u001a\u001c-\u001f\u007f\ufffd]/g;

/**
 * UTF-8, UTF-16 with its byte order mark or plainly so, one byte a character, as of old in western Europe, or what
 * eastern Asia used; everything else with a NUL is binary, as git has it.
 */
export function decode(bytes: Buffer): Buffer | 'binary' | 'encoding' {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return plausible(textOf('utf-16le', bytes));
	if (bytes[0] === 0xfe && bytes[1] === 0xff) return plausible(textOf('utf-16be', bytes));
	if (bytes.includes(0)) {
		const wide = wideEncoding(bytes);
		if (wide === undefined) return 'binary';
		const text = plausible(textOf(wide, bytes));
		return text === 'encoding' ? 'binary' : text;
	}
	if (!isUtf8(bytes)) return plausible(repaired(bytes));
	return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const textOf = (encoding: string, bytes: Buffer): string => new TextDecoder(encoding).decode(bytes);

/** So many characters beyond ASCII that are UTF-8 for one that is not: no other encoding looks like that. */
const SURE = 4;

/** Every second byte of most characters is none where text is UTF-16, and none of the others. */
const NULS = 0.4;
const NUL_LOOK = 64 * 1024;

function wideEncoding(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
	const length = Math.min(bytes.length, NUL_LOOK);
	const counts = [0, 0];
	for (let at = 0; at < length; at++) {
		if (bytes[at] === 0) counts[at % 2] = (counts[at % 2] ?? 0) + 1;
	}
	const [even = 0, odd = 0] = counts;
	if (length < 4 || bytes.length % 2 === 1) return undefined;
	if (even === 0 && odd > (length / 2) * NULS) return 'utf-16le';
	return odd === 0 && even > (length / 2) * NULS ? 'utf-16be' : undefined;
}

function plausible(text: string): Buffer | 'encoding' {
	const odd = text.match(ODD)?.length ?? 0;
	return odd > text.length * ODD_SHARE ? 'encoding' : Buffer.from(text);
}

/**
 * UTF-8 with a bad byte here and there; where hardly any character beyond ASCII is UTF-8, and they stand alone
 * among letters, they are of one byte each. Of other encodings the ASCII remains.
 */
function repaired(bytes: Buffer): string {
	const text = textOf('utf-8', bytes);
	const bad = text.match(/\ufffd+/g)?.length ?? 0;
	const good = text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0;
	if (good >= SURE * bad) return text;
	const latin = textOf('windows-1252', bytes);
	const runs = latin.match(/[^\p{ASCII}]+/gu) ?? [];
	const length = runs.reduce((sum, run) => sum + run.length, 0);
	if (length <= runs.length * 1.5) return latin;
	const eastAsian = decodeEastAsian(bytes);
	if (eastAsian !== undefined) return eastAsian;
	if (good >= bad) return text;
	// Each run once, or a text of another encoding would seem to be nothing but odd characters.
	return text.replace(/[^\p{ASCII}]+/gu, ' ');
}
