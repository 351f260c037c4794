import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageSplitter } from '../../../daemon/processes/output.ts';
import type { Progress } from '../../../shared/job.ts';

const NOBODY = {
	progress: () => {},
	result: () => {},
	checkpoint: () => {},
	again: () => {},
	ready: () => {},
	ask: () => {},
	problem: () => {},
	mask: () => {},
};

interface Split {
	readonly log: string;
	readonly messages: (Progress | string)[];
}

function split(...chunks: (Buffer | string)[]): Split {
	const messages: (Progress | string)[] = [];
	const splitter = new MessageSplitter({
		progress: (progress) => messages.push(progress),
		result: (json) => messages.push(json),
		checkpoint: (json) => messages.push(`checkpoint ${json}`),
		again: (asked) => messages.push(`retry ${JSON.stringify(asked)}`),
		ready: () => messages.push('ready'),
		ask: (json) => messages.push(`ask ${json}`),
		problem: (problem) => messages.push(`problem ${JSON.stringify(problem)}`),
		mask: (secret) => messages.push(`mask ${secret}`),
	});
	const kept = chunks.map((chunk) => splitter.push(Buffer.from(chunk)));
	return { log: Buffer.concat([...kept, splitter.end()]).toString('latin1'), messages };
}

const PROGRESS = '::semantica progress {"current":4,"total":10,"unit":"files","message":"half"}';
const HALF = { current: 4, total: 10, unit: 'files', message: 'half' };

describe('a message', () => {
	test('is understood and not logged, the lines around it are', () => {
		expect(split(`before\n${PROGRESS}\nafter\n`)).toEqual({
			log: 'before\nafter\n',
			messages: [HALF],
		});
	});

	test('may end with CRLF, or with the stream', () => {
		expect(split(`${PROGRESS}\r\n`).messages).toEqual([HALF]);
		expect(split(PROGRESS)).toEqual({ log: '', messages: [HALF] });
	});

	test('of progress is text that every store takes', () => {
		const json = String.raw`{"current":1,"unit":"\u0000","message":"\udc00half\ud83d"}`;
		expect(split(`::semantica progress ${json}\n`).messages).toEqual([
			{ current: 1, unit: '\ufffd', message: '\ufffdhalf\ufffd' },
		]);
	});

	test('may be a result of any JSON', () => {
		for (const json of ['{"a":[1,null]}', '"text"', '7', 'null', 'false', '[]']) {
			expect(split(`::semantica result ${json}\n`)).toEqual({ log: '', messages: [json] });
		}
	});

	test('may be nested 32 deep', () => {
		const json = `${'['.repeat(32)}${']'.repeat(32)}`;
		expect(split(`::semantica result ${json}\n`)).toEqual({ log: '', messages: [json] });
	});

	test('may be a checkpoint of 64 KiB', () => {
		const json = `"${'c'.repeat(64 * 1024 - 2)}"`;
		expect(split(`::semantica checkpoint ${json}\n`).messages).toEqual([`checkpoint ${json}`]);
	});

	test.each<[string, string]>([
		['retry', '{"free":false}'],
		['retry {"afterMs":5}', '{"afterMs":5,"free":false}'],
		['retry {"afterMs":1000,"free":true}', '{"afterMs":1000,"free":true}'],
	])('that it is to be tried again: %s', (text, told) => {
		expect(split(`::semantica ${text}\n`)).toEqual({ log: '', messages: [`retry ${told}`] });
	});
	test.each([
		'{"afterMs":999,"free":true}',
		'{"free":true}',
		'{"afterMs":2592000001}',
		'7',
		'soon',
	])('nothing by a retry that is none: %s', (json) => {
		const line = `::semantica retry ${json}\n`;
		expect(split(line)).toEqual({ log: line, messages: [] });
	});
	test.each(['ready\n', 'ready\r\n', 'ready'])('that it is ready: %j', (text) => {
		expect(split(`before\n::semantica ${text}`)).toEqual({ log: 'before\n', messages: ['ready'] });
	});

	test.each([
		['::semantica mask open sesame\n', 'open sesame'],
		['::semantica mask x\r\n', 'x'],
		['::add-mask::a%0Ab%25\n', 'a\nb%'],
	])('that something is secret is not logged: %j', (text, secret) => {
		expect(split('before\n', text.slice(0, 5), text.slice(5))).toEqual({
			log: 'before\n',
			messages: [`mask ${secret}`],
		});
	});

	test('reaches us the moment its line ends', () => {
		const messages: unknown[] = [];
		const splitter = new MessageSplitter({
			progress: (progress) => messages.push(progress),
			result: () => {},
			checkpoint: () => {},
			again: () => {},
			ready: () => {},
			ask: () => {},
			problem: () => {},
			mask: () => {},
		});
		splitter.push(Buffer.from(PROGRESS));
		expect(messages).toEqual([]);
		splitter.push(Buffer.from('\n'));
		expect(messages).toEqual([HALF]);
	});
});

describe('what only looks like a message is logged as it is', () => {
	test.each([
		['not at the start of a line', ` ${PROGRESS}\n`],
		['another word', '::semantica shout {"current":1}\n'],
		['another prefix', '::Semantica progress {"current":1}\n'],
		['no JSON', '::semantica progress 40%\n'],
		['cut JSON', '::semantica progress {"current":4\n'],
		['no amount', '::semantica progress {}\n'],
		['a negative amount', '::semantica progress {"current":-1}\n'],
		['an amount that is no number', '::semantica progress {"current":"4"}\n'],
		['an amount beyond all numbers', '::semantica progress {"current":1e999}\n'],
		['a unit that is a novel', `::semantica progress {"current":1,"unit":"${'u'.repeat(33)}"}\n`],
		['a result above 16 KiB', `::semantica result "${'r'.repeat(16 * 1024)}"\n`],
		['a result nested 33 deep', `::semantica result ${'['.repeat(33)}${']'.repeat(33)}\n`],
		['a line above 64 KiB', `::semantica progress {"current":1${' '.repeat(65_600)}}\n`],
		['a checkpoint above 64 KiB', `::semantica checkpoint "${'c'.repeat(64 * 1024)}"\n`],
		['the bare prefix', '::semantica \n'],
		['an unfinished prefix', '::seman'],
		['more than that it is ready', '::semantica ready or not\n'],
	])('%s', (_name, text) => {
		expect(split(text)).toEqual({ log: text, messages: [] });
	});
});

describe('nothing is held back that cannot become a message', () => {
	test.each(['a prompt> ', '::x', 'line\npartial', '\n'])('%j', (text) => {
		const splitter = new MessageSplitter(NOBODY);
		expect(splitter.push(Buffer.from(text)).toString()).toBe(text);
	});

	test('a line that turns out too long is let go before it ends', () => {
		const splitter = new MessageSplitter(NOBODY);
		const long = `::semantica progress ${'x'.repeat(70_000)}`;
		expect(splitter.push(Buffer.from(long)).length).toBe(long.length);
	});
});

test('whatever the chunks, the same bytes are logged and the same messages understood', () => {
	const piece = fc.oneof(
		{ weight: 4, arbitrary: fc.constantFrom(PROGRESS, '::semantica result {"ok":true}') },
		{ weight: 4, arbitrary: fc.constantFrom('\n', '\r\n', '::semantica ', '::', ' ', 'ü€🙂') },
		{ weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
		{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
		{ weight: 1, arbitrary: fc.constant('::semantica progress {"current":') },
	);
	fc.assert(
		fc.property(
			fc.array(piece, { maxLength: 12 }),
			fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
			(pieces, sizes) => {
				const bytes = Buffer.concat(pieces.map((text) => Buffer.from(text)));
				const chunks: Buffer[] = [];
				for (let at = 0; at < bytes.length; ) {
					const size = sizes.next().value ?? 1;
					chunks.push(bytes.subarray(at, at + size));
					at += size;
				}
				expect(split(...chunks)).toEqual(split(bytes));
			},
		),
		{ numRuns: 2000 },
	);
});

test('what is logged and what is understood together are all that was said', () => {
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom('a line', PROGRESS, '', '::semantica progress oops'), {
				minLength: 1,
				maxLength: 30,
			}),
			(lines) => {
				const { log, messages } = split(`${lines.join('\n')}\n`);
				const logged = lines.filter((line) => line !== PROGRESS);
				expect(log).toBe(logged.map((line) => `${line}\n`).join(''));
				expect(messages).toHaveLength(lines.length - logged.length);
			},
		),
	);
});
