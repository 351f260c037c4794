/** What a person hands to the command line: files of jobs, places, dates, the locale. */
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UnfinishedLine } from '../../../daemon/cli/follow/unfinished.ts';
import { namesOtherLocale } from '../../../daemon/cli/output.ts';
import { decodeJobs, parseJobs } from '../../../daemon/cli/parse/jobsFile.ts';
import { dataFolder } from '../../../shared/paths.ts';

describe('a file of jobs', () => {
	const text = '{"type":"command","title":"ü"}\n';
	const swapped = Buffer.from(text, 'utf16le').swap16();

	test.each([
		['UTF-8', Buffer.from(text)],
		['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
		['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${text}`, 'utf16le')],
		['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
		['UTF-16 the other way round', Buffer.concat([Buffer.from([0xfe, 0xff]), swapped])],
	])('may be %s', (_name, bytes) => {
		expect(parseJobs(decodeJobs(bytes))[0]?.spec).toEqual({ type: 'command', title: 'ü' });
	});

	test('that is no text says where', () => {
		const latin = Buffer.from('{"type":"command"}\n{"title":"\xe9"}\n', 'latin1');
		expect(() => decodeJobs(latin)).toThrow(/not text in UTF-8: see line 2/);
	});

	test('gives each payload as it is written, in whatever shape the jobs stand', () => {
		const payload = '{"id":12345678901234567890,"z":-0,"2":1,"1":2}';
		const job = `{"type": "command", "payload": ${payload}}`;
		const shapes = [job, `[${job},\n${job}]`, `{"jobs": [ ${job} ]}`, `${job}\n${job}\n`];
		for (const shape of shapes) {
			const texts = parseJobs(shape).map(({ payloadText }) => payloadText);
			expect(new Set(texts)).toEqual(new Set([payload]));
		}
		expect(parseJobs('{"payload":"text"}')[0]?.payloadText).toBeUndefined();
	});
});

describe('the data folder', () => {
	const home = userInfo().homedir;

	test.each([
		[{ HOME: '/h' }, '/h/.semantica'],
		[{ HOME: '' }, join(homedir() || home, '.semantica')],
		[{ HOME: 'h' }, join(homedir() || home, '.semantica')],
		[{ HOME: '/h', SEMANTICA_HOME: '' }, '/h/.semantica'],
		[{ HOME: '/h', SEMANTICA_HOME: '~' }, '/h'],
		[{ HOME: '/h', SEMANTICA_HOME: '~/x' }, '/h/x'],
		[{ HOME: '/h', SEMANTICA_HOME: '/a~' }, '/a~'],
	])('of %j is %s', (env, folder) => {
		expect(dataFolder(env)).toBe(folder);
	});

	test('of somebody whom only a shell knows is refused', () => {
		expect(() => dataFolder({ SEMANTICA_HOME: '~other/x' })).toThrow(/Write the whole path/);
	});
});

test.skipIf(process.platform === 'win32').each([
	[{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, true],
	[{ LC_ALL: '', LANG: 'POSIX' }, true],
	[{ LC_CTYPE: 'de_DE.ISO-8859-1' }, true],
	[{ LC_ALL: 'C.UTF-8' }, false],
	[{ LANG: 'en_US.utf8' }, false],
	[{}, false],
])('the locale of %j is another one than UTF-8: %s', (env, other) => {
	expect(namesOtherLocale(env)).toBe(other);
});

describe('a line that is not finished', () => {
	const line = () => new UnfinishedLine();
	const push = (to: UnfinishedLine, text: string) => to.push(Buffer.from(text), 'stdout');

	test('is shown as a terminal would show it, and printed as it was once it ends', () => {
		const unfinished = line();
		expect([push(unfinished, 'a\n1 %'), unfinished.shown(80)]).toEqual(['a\n', '1 %']);
		expect([push(unfinished, '\r\x1b[32m50 %\x1b[0m\r'), unfinished.shown(80)]).toEqual([
			'',
			'50 %',
		]);
		expect(push(unfinished, '100 %\r\nSure? ')).toBe('1 %\r\x1b[32m50 %\x1b[0m\r100 %\r\n');
		expect([unfinished.shown(80), unfinished.end(), unfinished.shown(80)]).toEqual([
			'Sure?',
			'Sure? \n',
			'',
		]);
	});

	test('may come in halves of characters', () => {
		const unfinished = line();
		const euro = Buffer.from('€');
		unfinished.push(euro.subarray(0, 1), 'stdout');
		unfinished.push(Buffer.from('ü'), 'stderr');
		unfinished.push(euro.subarray(1), 'stdout');
		expect(unfinished.shown(80)).toBe('ü€');
	});

	test('shows its last rows, and is held in bounds', () => {
		const unfinished = line();
		push(unfinished, `${'a'.repeat(100)}${'.'.repeat(25)}`);
		expect(unfinished.shown(10)).toBe(`${'a'.repeat(10)}${'.'.repeat(25)}`);
		expect(push(unfinished, '.'.repeat(70_000))).toHaveLength(70_126);
		let printed = '';
		for (let i = 0; i < 20_000; i++) printed += push(unfinished, `\rstep ${i}`);
		expect([printed, unfinished.shown(80)]).toEqual(['', 'step 19999']);
	});
});
