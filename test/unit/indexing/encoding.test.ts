import { expect, test } from 'vitest';
import { decode } from '../../../daemon/indexing/files/encoding.ts';

const bytes = (...values: number[]) => Buffer.from(values);
const textOf = (content: Buffer) => decode(content).toString();

test('text is UTF-8, or UTF-16 with its mark', () => {
	expect(decode(Buffer.from('héllo'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhello'))).toEqual(Buffer.from('hello'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le'))).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.from('\ufeffhéllo', 'utf16le').swap16())).toEqual(Buffer.from('héllo'));
	expect(decode(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
});

test('a bad byte does not hide the rest', () => {
	const bad = bytes(0xff);
	expect(
		textOf(Buffer.concat([Buffer.from('const größe = 1; // '), bad, Buffer.from(' end')])),
	).toBe('const größe = 1; // \ufffd end');
	expect(textOf(Buffer.from(`\ufeff${'text '.repeat(20)}\ud800 end`, 'utf16le'))).toMatch(/ end$/);
});

test('one byte a character, as of old in western Europe', () => {
	for (const text of ['café', 'die Größe der naïven Straße, où', '“quoted”\r\n']) {
		expect(textOf(Buffer.from(text.replace(/[“”]/g, '"'), 'latin1'))).toBe(
			text.replace(/[“”]/g, '"'),
		);
	}
	expect(textOf(bytes(0x93, 0x61, 0x94))).toBe('“a”');
});

/** As programs of their time wrote it: Node decodes these, but encodes none. */
function encoded(text: string, encoding: string): Buffer {
	const decoder = new TextDecoder(encoding, { fatal: true });
	const known = new Map<string, Buffer>();
	const wanted = new Set(text);
	const learn = (candidate: Buffer): void => {
		try {
			const char = decoder.decode(candidate);
			if (wanted.has(char) && !known.has(char)) known.set(char, candidate);
		} catch {
			// No character has these bytes.
		}
	};
	for (let low = 0; low < 256; low++) learn(bytes(low));
	for (let lead = 0x81; lead < 0xff; lead++) {
		for (let trail = 0x40; trail < 0xff; trail++) learn(bytes(lead, trail));
	}
	return Buffer.concat([...text].map((char) => known.get(char) ?? bytes(0x3f)));
}

test.each([
	['gb18030', '// 读取文件,然后关闭它。\nreadFile(); // 索引是真的'],
	['gb18030', '// 读取文件\nreadFile();'],
	['big5', '/* 讀取檔案,然後關閉它 */ open(); // 這是一個測試'],
	['shift_jis', '// ファイルを読み込む\nopen("日本語のテキスト");'],
	['euc-jp', '# ファイルを読み込む\nprint "日本語のテキスト";'],
	['euc-kr', '// 파일을 읽고 나서 닫는다\nopen(); // 한국어 주석'],
	['shift_jis', 'ﾌｧｲﾙｦﾖﾐｺﾑﾌﾟﾛｸﾞﾗﾑ'],
])('%s: %s', (encoding, text) => {
	expect(textOf(encoded(text, encoding))).toBe(text);
});

test('UTF-16 without its mark is text, where every second byte of most characters is none', () => {
	const text = 'name = "größe"\r\nother = 1\r\n// 注释\r\n';
	expect(textOf(Buffer.from(text, 'utf16le'))).toBe(text);
	expect(textOf(Buffer.from(text, 'utf16le').swap16())).toBe(text);
	expect(decode(bytes(1, 0, 2, 0, 3, 0, 4, 0))).toBe('binary');
	expect(decode(bytes(0x61, 0, 0x62, 0, 0x63))).toBe('binary');
});

test('of encodings that nobody can tell the ASCII remains', () => {
	// Cyrillic in KOI8-R, then code.
	const koi = bytes(0x2f, 0x2f, 0x20, 0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4, 0x0a);
	expect(textOf(Buffer.concat([koi, Buffer.from('readFile();')]))).toBe('//  \nreadFile();');
});

test('what is not text says why', () => {
	expect(decode(bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0))).toBe('binary');
	expect(decode(Buffer.concat([Buffer.alloc(100_000, 'a'), bytes(0)]))).toBe('binary');
	expect(decode(bytes(0xff, 0xfe, 0x00, 0xd8))).toBe('encoding');
	const noise = Buffer.from(Array.from({ length: 400 }, (_, at) => ((at * 197 + 31) % 255) + 1));
	expect(decode(noise)).toBe('encoding');
});
