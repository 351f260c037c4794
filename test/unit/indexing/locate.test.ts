import { describe, expect, test } from 'vitest';
import { firstLine } from '../../../daemon/indexing/words/lines.ts';
import { createLocator } from '../../../daemon/indexing/words/locate.ts';
import { parseQuery } from '../../../daemon/indexing/words/query.ts';

function locate(query: string, text: string) {
	return createLocator(parseQuery(query))(text)?.place();
}

/** `line:column` of the best place. */
function place(query: string, ...lines: string[]): string | undefined {
	const found = locate(query, lines.join('\n'));
	return found && `${found.line}:${found.column}`;
}

describe('the best line', () => {
	test('is the one with most words of the query', () => {
		expect(place('open database', 'open', 'database', 'open the database')).toBe('3:1');
	});

	test('two words beat one that is there whole and in the same case', () => {
		expect(place('Foo bar', 'Foo', 'barn fool')).toBe('2:1');
	});

	test('has the identifier whole rather than its parts', () => {
		expect(place('userName', 'the user has a name', 'userNames', '  userName')).toBe('3:3');
		expect(place('name', 'userName', 'name')).toBe('2:1');
	});

	test('has it in the same case where there is a choice', () => {
		expect(place('Job', 'a job', 'a Job')).toBe('2:3');
	});

	test('is the first of equals', () => {
		expect(place('job', '', '  job', 'job')).toBe('2:3');
	});

	test('has the name defined rather than used', () => {
		expect(place('open', 'open();', 'return open(x);', 'export async function open(x) {')).toBe(
			'3:23',
		);
		expect(place('Job', 'const job = new Job();', 'export interface Job {')).toBe('2:18');
		expect(place('copy', 'x = copy(y);', 'static int copy(struct y *y,')).toBe('2:12');
		expect(place('LIMIT', 'if x > LIMIT:', 'LIMIT = 3')).toBe('2:1');
	});

	test('has several words as one name, and defined rather than used', () => {
		const lines = ['open the socket', 'x = open_socket();', 'static int open_socket(int x) {'];
		expect(place('open socket', ...lines)).toBe('3:12');
		expect(place('open socket', ...lines.slice(0, 2))).toBe('2:5');
		expect(place('open socket', 'socket, open', 'reopenSockets(openSocketNow)')).toBe('1:1');
		expect(place('open socket', 'sockets opened', 'reopenSockets(openSocketNow)')).toBe('2:15');
		expect(place('open socket', 'open the socket', 'function __openSocket() {')).toBe('2:12');
	});

	test('has the underscores that were typed', () => {
		expect(place('_simple', 'simple', 'x._simple()', 'def _simple(p):')).toBe('3:6');
		expect(place('simple', '_simple', 'simple')).toBe('2:1');
	});

	test('may have another form of the word', () => {
		expect(place('indexing', 'nothing', 'it is indexed')).toBe('2:7');
	});

	test('has the word as a word, not inside of another', () => {
		expect(place('art', 'start the party', 'modernArt')).toBe('2:7');
		expect(place('art', 'start')).toBeUndefined();
	});

	test('in another script, with or without accents', () => {
		expect(place('検索', 'なし', 'この関数は全文検索を行う')).toBe('2:8');
		expect(place('cafe', 'un café')).toBe('1:4');
	});

	test('columns count UTF-16 units, and capitals that grow do not shift them', () => {
		expect(place('job', '🙂 İİ job')).toBe('1:7');
	});

	test('of a megabyte without line breaks, found in no time', () => {
		const text = 'job,'.repeat(500_000);
		expect(locate('job', text)).toMatchObject({ line: 1, column: 1 });
		expect(locate('job', `${text}\nthe job`)).toMatchObject({ line: 1 });
	});

	test('where another script touches it, and in a decomposed text', () => {
		expect(place('getUserName', 'get user name', '请先调用getUserName获取')).toBe('2:5');
		expect(place('获取', '请先调用getUserName获取用户名')).toBe('1:16');
		const text = 'Ngôn ngữ:\nở đây: tiếng Việt ở đây'.normalize('NFD');
		const found = locate('Việt', text);
		expect(found?.line).toBe(2);
		expect(text.split('\n')[1]?.slice((found?.column ?? 0) - 1)).toMatch(/^Vie/);
		expect(found?.snippet).toBe('ở đây: tiếng Việt ở đây');
		expect(place('viet', 'tiếng Việt')).toBe('1:7');
	});

	test('with the line ends of old Macs', () => {
		expect(locate('job', 'one\rtwo job\rthree')).toEqual({
			line: 2,
			column: 5,
			snippet: 'two job',
		});
		expect(firstLine('\r\r a\rb')).toEqual({ line: 3, column: 2, snippet: 'a' });
	});

	test('with Windows line ends', () => {
		expect(locate('job', 'one\r\ntwo job\r\n')).toEqual({
			line: 2,
			column: 5,
			snippet: 'two job',
		});
	});
});

describe('snippets', () => {
	test('are trimmed', () => {
		expect(locate('job', '\t  the job  ')?.snippet).toBe('the job');
	});

	test('of long lines are cut around the word', () => {
		const found = locate('needle', `${'hay '.repeat(500)}needle ${'hay '.repeat(500)}`);
		expect(found?.column).toBe(2001);
		expect(found?.snippet).toMatch(/^….*needle.*…$/);
		expect(found?.snippet.length).toBeLessThanOrEqual(202);
	});

	test('never cut a character in half', () => {
		const found = locate('needle', `${'🙂'.repeat(301)}needle${'🙂'.repeat(301)} `);
		expect(found?.snippet.isWellFormed()).toBe(true);
	});
});

test('the first line of a file found by its name', () => {
	expect(firstLine('\n\n  hello\nworld')).toEqual({ line: 3, column: 3, snippet: 'hello' });
	expect(firstLine('')).toEqual({ line: 1, column: 1, snippet: '' });
});
