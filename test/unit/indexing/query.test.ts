import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuery, readingsOf } from '../../../daemon/indexing/words/query.ts';
import { createStemOf, TOKENIZER } from '../../../daemon/indexing/words/stems.ts';
import { TermCounter } from '../../../daemon/indexing/words/terms.ts';
import { openSqlite } from '../../../daemon/sqlite/open.ts';

const memory = () => openSqlite(':memory:', { nativeFolder: undefined, busyTimeoutMs: 0 });

const stemOf = createStemOf(memory());

function indexOf(texts: readonly string[]) {
	const db = memory();
	db.exec(
		`CREATE VIRTUAL TABLE words USING fts5 (body, path, content='', contentless_delete=1, tokenize='${TOKENIZER}')`,
	);
	const insert = db.prepare("INSERT INTO words (rowid, body, path) VALUES (?, ?, '')");
	const counter = new TermCounter();
	for (const [id, text] of texts.entries()) insert.run(id, counter.columnOf(Buffer.from(text)));
	const select = db
		.prepare<[string], number>('SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank')
		.pluck();
	/** The texts found by the first reading that finds any, as a search does it. */
	return (query: string): string[] => {
		for (const { match } of readingsOf(parseQuery(query), stemOf)) {
			const ids = select.all(match);
			if (ids.length > 0) return ids.map((id) => texts[id] ?? '');
		}
		return [];
	};
}

describe('what people type', () => {
	const find = indexOf([
		'export function getUserName(user: User) {}',
		'def get_user_name(user): pass',
		'the name of the user is what we get',
		'configuration of the indexing jobs',
		'a happy server: HTTPServer',
		'größe, naïve and café',
		'この関数は全文検索を行う',
		'x = 1',
	]);

	test('an identifier finds itself in either style, and its parts only where it is nowhere', () => {
		const itself = ['def get_user_name(user): pass', 'export function getUserName(user: User) {}'];
		expect(find('getUserName').sort()).toEqual(itself);
		expect(find('get_user_name').sort()).toEqual(itself);
		expect(find('GETUSERNAME').sort()).toEqual(itself);
		expect(find('getNameUser')).toHaveLength(3);
		expect(find('HttpServ')).toEqual(['a happy server: HTTPServer']);
	});

	test('inflected and unfinished words', () => {
		expect(find('indexed job')).toEqual(['configuration of the indexing jobs']);
		expect(find('configu')).toEqual(['configuration of the indexing jobs']);
		expect(find('configurati')).toEqual(['configuration of the indexing jobs']);
		expect(find('http')).toEqual(['a happy server: HTTPServer']);
	});

	test('without a text that has all words, any will do', () => {
		expect(find('happy elephant')).toEqual(['a happy server: HTTPServer']);
	});

	test('a question is ranked by the words that say something', () => {
		expect(find('what is the configuration of all of the elephants')).toEqual([
			'configuration of the indexing jobs',
		]);
	});

	test('accents, other scripts and single letters', () => {
		expect(find('cafe')).toEqual(['größe, naïve and café']);
		expect(find('NAÏVE')).toEqual(['größe, naïve and café']);
		expect(find('全文検索')).toEqual(['この関数は全文検索を行う']);
		expect(find('検索')).toEqual(['この関数は全文検索を行う']);
		expect(find('x')).toEqual(['x = 1']);
	});

	test('words that touch another script, long names and decomposed accents', () => {
		const name = 'test_user_cannot_login_with_expired_token_when_session_was_revoked_by_admin';
		const texts = [
			'请先调用getUserName获取用户名',
			'먼저 getUserName을 호출한다',
			`def ${name}(): pass`,
			'Tiếng Việt'.normalize('NFD'),
			'サーバーを起動する',
			'สวัสดีชาวโลก'.repeat(30),
		];
		const search = indexOf(texts);
		expect(search('getUserName').sort()).toEqual([texts[0], texts[1]].sort());
		for (const word of ['用户名', '调用']) expect(search(word)).toEqual([texts[0]]);
		expect(search('호출한다')).toEqual([texts[1]]);
		for (const word of ['expired', 'token', 'revoked admin', name]) {
			expect(search(word)).toEqual([texts[2]]);
		}
		for (const word of ['Việt', 'Việt'.normalize('NFD'), 'viet']) {
			expect(search(word)).toEqual([texts[3]]);
		}
		expect(search('サーバー')).toEqual([texts[4]]);
		expect(search('ชาวโลก')).toEqual([texts[5]]);
	});

	test('nonsense finds nothing', () => {
		expect(find('zzzqqq')).toEqual([]);
		expect(find('!!! "" 🙂')).toEqual([]);
	});
});

test('nothing that can be typed is an error', () => {
	const find = indexOf(['one text']);
	const typed = fc.oneof(
		fc.string({ maxLength: 1000 }),
		fc.string({ unit: 'binary', maxLength: 200 }),
		fc
			.array(
				fc.constantFrom('"', '*', 'AND', 'OR', 'NOT', 'NEAR(', ')', '^a', 'body:', '-x', '🙂', "'"),
			)
			.map((parts) => parts.join(' ')),
	);
	fc.assert(
		fc.property(typed, (query) => {
			expect(() => find(query)).not.toThrow();
		}),
		{ numRuns: 1000 },
	);
});

test('stems are what the forms of a word begin with', () => {
	expect(['indexing', 'happily', 'running', 'configuration', 'x', '検索'].map(stemOf)).toEqual([
		...['index', 'happil', 'run', 'configur', 'x', '検索'],
	]);
});
