import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../shared/jobTerms.ts';
import { FrameError, FrameParser } from '../../../shared/rpc/framing.ts';

function frame(body: string | Buffer, more = ''): Buffer {
	const bytes = Buffer.from(body);
	return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n${more}\r\n`), bytes]);
}

/** Bodies are copied: one is valid until the next append only. */
function push(parser: FrameParser, chunk: Buffer): Buffer[] {
	parser.append(chunk);
	const bodies: Buffer[] = [];
	for (let body = parser.next(); body !== undefined; body = parser.next()) {
		bodies.push(Buffer.from(body));
	}
	return bodies;
}

function parse(...chunks: Buffer[]): string[] {
	const parser = new FrameParser();
	return chunks.flatMap((chunk) => push(parser, chunk).map((body) => body.toString()));
}

describe('whole frames', () => {
	test('are found wherever the bytes are cut in two', () => {
		const bodies = ['{"a":1}', '"ü€🙂"', '{}'];
		const bytes = Buffer.concat(bodies.map((body) => frame(body)));
		for (let cut = 0; cut <= bytes.length; cut++) {
			expect(parse(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(bodies);
		}
	});

	test('are found byte by byte', () => {
		const bytes = Buffer.concat([frame('{"a":1}'), frame('{"b":2}')]);
		expect(parse(...[...bytes].map((byte) => Buffer.of(byte)))).toEqual(['{"a":1}', '{"b":2}']);
	});

	test('are the same whatever the chunks', () => {
		fc.assert(
			fc.property(
				fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
				fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
				(bodies, sizes) => {
					const bytes = Buffer.concat(bodies.map((body) => frame(Buffer.from(body))));
					const parser = new FrameParser();
					const found: Buffer[] = [];
					for (let at = 0; at < bytes.length; ) {
						const size = sizes.next().value ?? 1;
						found.push(...push(parser, bytes.subarray(at, at + size)));
						at += size;
					}
					expect(found.map((body) => [...body])).toEqual(bodies.map((body) => [...body]));
					expect(parser.midFrame).toBe(false);
				},
			),
		);
	});

	test('may be empty, and may carry other headers in any case', () => {
		const typed = frame('{}', 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n');
		const odd = Buffer.from('content-LENGTH :  2 \r\n\r\n[]');
		expect(parse(frame(''), typed, odd)).toEqual(['', '{}', '[]']);
	});
});

describe('a frame in progress', () => {
	test('is told apart from the gap between two', () => {
		const parser = new FrameParser();
		expect(parser.midFrame).toBe(false);
		expect(push(parser, Buffer.from('Content-Le'))).toEqual([]);
		expect(parser.midFrame).toBe(true);
		expect(push(parser, Buffer.from('ngth: 2\r\n\r\n'))).toEqual([]);
		expect(parser.midFrame).toBe(true);
		expect(push(parser, Buffer.from('{}'))).toHaveLength(1);
		expect(parser.midFrame).toBe(false);
	});
});

describe('a hostile header is refused', () => {
	const refused = (text: string) => () => parse(Buffer.from(text));

	test.each([
		['none at all', '\r\n\r\n{}'],
		['no length', 'Content-Type: text/plain\r\n\r\n{}'],
		['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
		['a negative length', 'Content-Length: -1\r\n\r\n{}'],
		['a fraction', 'Content-Length: 1.5\r\n\r\n{}'],
		['a hexadecimal length', 'Content-Length: 0x2\r\n\r\n{}'],
		['an exponent', 'Content-Length: 1e3\r\n\r\n{}'],
		['no digits', 'Content-Length: \r\n\r\n{}'],
		['a length of a thousand digits', `Content-Length: ${'9'.repeat(1000)}\r\n\r\n{}`],
		['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
	])('%s', (_name, text) => {
		expect(refused(text)).toThrow(FrameError);
	});

	test('one byte beyond the largest frame, before a byte of it arrives', () => {
		const parser = new FrameParser();
		expect(push(parser, Buffer.from(`Content-Length: ${LIMITS.frameBytes}\r\n\r\n`))).toEqual([]);
		expect(refused(`Content-Length: ${LIMITS.frameBytes + 1}\r\n\r\n`)).toThrow(
			/33554433 bytes was announced/,
		);
	});

	test('headers that never end', () => {
		const parser = new FrameParser();
		const flood = () => {
			// More than any bound we could mean: a parser without one would hold it all.
			for (let i = 0; i < 10_000; i++) push(parser, Buffer.from('X-Flood: 1\r\n'));
		};
		expect(flood).toThrow(/headers of a frame are longer than 4096 bytes/);
	});

	test('headers that end, but too late', () => {
		const padding = `X-Padding: ${'x'.repeat(5000)}\r\n`;
		expect(refused(`${padding}Content-Length: 2\r\n\r\n{}`)).toThrow(FrameError);
	});
});
