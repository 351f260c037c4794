import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answersOf, bestFirst } from '../../../daemon/indexing/searcher/words/scoring.ts';
import { encodeDocumentWords } from '../../../daemon/indexing/segments/encodeWords.ts';
import { readWords } from '../../../daemon/indexing/segments/words.ts';
import { formsOf, stemOf } from '../../../daemon/indexing/words/forms.ts';
import { parseQuery, readingsOf } from '../../../daemon/indexing/words/query.ts';
import { TermCounter } from '../../../daemon/indexing/words/terms.ts';

function indexOf(texts: readonly string[]) {
	const counter = new TermCounter();
	const bytes = encodeDocumentWords(texts.map((text) => counter.documentOf(Buffer.from(text), '')));
	const words = readWords((from, length) => bytes.subarray(from, from + length));
	/** The texts found by the first reading that finds any, as a search does it. */
	return (query: string): string[] => {
		for (const { match } of readingsOf(parseQuery(query))) {
			const found = [...bestFirst(match, [answersOf(words, match)])];
			if (found.length > 0) return found.map(({ doc }) => texts[doc] ?? '');
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

describe('forms of a word', () => {
	test.each([
		['index', 'indexing'],
		['indexed', 'index'],
		['running', 'run'],
		['configure', 'configuring'],
		['caching', 'cache'],
		['story', 'stories'],
		['matches', 'match'],
		['files', 'file'],
		['job', 'jobs'],
	])('%s is %s, too', (word, form) => {
		expect(formsOf(word)).toContain(form);
		expect(formsOf(form)).toContain(word);
		expect(form.startsWith(stemOf(word))).toBe(true);
	});

	test.each(['string', 'process', 'status', 'thing', 'x', 'sha256', '検索', 'axis'])(
		'%s is no form of anything shorter',
		(word) => {
			expect(stemOf(word)).toBe(word);
		},
	);

	test('a form counts less than the word, wherever it is', () => {
		const find = indexOf(['saving saving saving', 'save', 'savings bank']);
		expect(find('save')[0]).toBe('save');
		expect(find('saving')[0]).toBe('saving saving saving');
		expect(find('save')).toHaveLength(2);
	});
});

test('words that are one name in a text put it first', () => {
	const texts = ['open open open socket socket socket', 'int open_socket(void) and more of it'];
	expect(indexOf(texts)('open socket')).toEqual(texts.toReversed());
});

test('scores are those of bm25 over all segments, so where a text is changes nothing', () => {
	const texts = ['a needle', 'needle needle in hay', 'hay', 'hay and hay', 'the needle and hay'];
	const counter = new TermCounter();
	const [reading] = readingsOf(parseQuery('needle hay'));
	if (reading === undefined) throw new Error('no reading');
	const scored = (segments: readonly (readonly string[])[]) => {
		const answers = segments.map((segment) => {
			const bytes = encodeDocumentWords(
				segment.map((text) => counter.documentOf(Buffer.from(text), '')),
			);
			const words = readWords((from, length) => bytes.subarray(from, from + length));
			return answersOf(words, reading.match);
		});
		return [...bestFirst(reading.match, answers)].map(({ source, doc, score }) => [
			segments[source]?.[doc],
			score.toFixed(9),
		]);
	};
	const together = scored([texts]);
	expect(together).toHaveLength(2);
	expect(scored(texts.map((text) => [text]))).toEqual(together);
	expect(scored([texts.slice(0, 2), [], texts.slice(2)])).toEqual(together);
});
