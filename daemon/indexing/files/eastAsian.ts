/**
 * Text of the encodings that eastern Asia used before UTF-8. They can be told apart by which bytes their common
 * characters have; where that is not clear, nobody guesses.
 */

/** Fewer characters prove nothing. */
const LEAST = 4;
/** So many of the characters are common ones of the language. */
const COMMON = 0.85;

/** Undefined where it is none of them for sure. */
export function decodeEastAsian(bytes: Buffer): string | undefined {
	const encoding = encodingOf(bytes);
	if (encoding === undefined) return undefined;
	try {
		return new TextDecoder(encoding, { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

function encodingOf(bytes: Buffer): string | undefined {
	if (isHalfWidth(bytes)) return 'shift_jis';
	return encodingOfHighPairs(bytes) ?? (isShiftJis(bytes) ? 'shift_jis' : bigOrChinese(bytes));
}

/** Kana of half width alone: one byte each, and none of the higher ones that every other encoding has, too. */
function isHalfWidth(bytes: Buffer): boolean {
	let kana = 0;
	let rows = 0;
	for (const byte of bytes) {
		if (byte < 0x80) continue;
		if (byte < 0xa1 || byte > 0xdf) return false;
		kana++;
		// With these EUC-JP begins its own.
		if (byte === 0xa4 || byte === 0xa5) rows++;
	}
	return kana >= 2 * LEAST && rows < kana * 0.25;
}

/** Where both bytes of every character are high: GB 2312, EUC-JP, EUC-KR. */
function encodingOfHighPairs(bytes: Buffer): string | undefined {
	let pairs = 0;
	let kana = 0;
	let hangul = 0;
	let hanzi = 0;
	let signs = 0;
	for (let at = 0; at < bytes.length; at++) {
		const lead = bytes[at] ?? 0;
		if (lead < 0x80) continue;
		const trail = bytes[++at] ?? 0;
		if (lead < 0xa1 || trail < 0xa1 || lead === 0xff || trail === 0xff) return undefined;
		pairs++;
		if (lead === 0xa4 || lead === 0xa5) kana++;
		else if (lead <= 0xaf) signs++;
		else if (lead <= 0xc8) hangul++;
		else if (lead <= 0xd7) hanzi++;
	}
	const letters = pairs - signs;
	if (letters < LEAST) return undefined;
	if (kana / letters > 0.2) return 'euc-jp';
	if (hangul / letters > 0.97) return letters >= 2 * LEAST ? 'euc-kr' : undefined;
	// The common ones, by sound, come first; the others by their strokes.
	return (hangul + hanzi) / letters > COMMON ? 'gb18030' : undefined;
}

function isShiftJis(bytes: Buffer): boolean {
	let pairs = 0;
	let kana = 0;
	for (let at = 0; at < bytes.length; at++) {
		const lead = bytes[at] ?? 0;
		if (lead < 0x80) continue;
		if (lead >= 0xa1 && lead <= 0xdf) {
			continue;
		}
		const trail = bytes[++at] ?? 0;
		const fits =
			((lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xef)) &&
			trail >= 0x40 &&
			trail <= 0xfc &&
			trail !== 0x7f;
		if (!fits) return false;
		pairs++;
		if (lead === 0x82 || lead === 0x83) kana++;
	}
	return pairs >= LEAST && kana > pairs * 0.2;
}

/** Where the second byte may be a low one: Big5, or what GBK added to GB 2312. */
function bigOrChinese(bytes: Buffer): string | undefined {
	let pairs = 0;
	let big = 0;
	let chinese = 0;
	for (let at = 0; at < bytes.length; at++) {
		const lead = bytes[at] ?? 0;
		if (lead < 0x80) continue;
		const trail = bytes[++at] ?? 0;
		if (lead < 0x81 || lead === 0xff || trail < 0x40 || trail === 0x7f || trail === 0xff) {
			return undefined;
		}
		pairs++;
		const isLow = trail <= 0x7e;
		// The common characters of each: by strokes in Big5, by sound in GB 2312.
		if (lead >= 0xa1 && lead <= 0xc6 && (isLow || trail >= 0xa1)) big++;
		if ((lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1) || (lead >= 0xa1 && lead <= 0xa3))
			chinese++;
	}
	if (pairs < LEAST) return undefined;
	if (big / pairs > 0.95) return 'big5';
	return chinese / pairs > COMMON ? 'gb18030' : undefined;
}
