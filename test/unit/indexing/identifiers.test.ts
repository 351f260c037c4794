import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	isPartEdge,
	pairsOf,
	partsOf,
	termsOf,
	WORD_LENGTH,
	wordsOf,
} from '../../../daemon/indexing/words/identifiers.ts';

describe('parts of identifiers', () => {
	test.each([
		['word', ['word']],
		['getUserName', ['get', 'user', 'name']],
		['get_user_name', ['get', 'user', 'name']],
		['GET_USER_NAME', ['get', 'user', 'name']],
		['HTTPServer', ['http', 'server']],
		['parseXMLDocument', ['parse', 'xml', 'document']],
		['utf8Name', ['utf8', 'name']],
		['sha256', ['sha256']],
		['__init__', ['init']],
		['_', []],
		['x', ['x']],
		['größeÄndern', ['größe', 'ändern']],
		['ЭтоИмя', ['это', 'имя']],
	])('%s', (word, parts) => {
		expect(partsOf(word)).toEqual(parts);
	});

	test('nothing is lost but underscores, whatever the word', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^[A-Za-z0-9_äÖß中]{1,60}$/u), (word) => {
				const parts = partsOf(word);
				expect(parts.join('')).toBe(word.toLowerCase().replaceAll('_', ''));
				expect(parts).not.toContain('');
			}),
		);
	});

	test('words too long to be names are left out, long ones without parts of a name kept whole', () => {
		expect(partsOf('aB'.repeat(WORD_LENGTH))).toEqual([]);
		expect(partsOf('aB'.repeat(40))).toEqual(['ab'.repeat(40)]);
	});

	test('several parts are also indexed joined, so that styles of writing meet', () => {
		expect(termsOf('getUserName')).toEqual(['get', 'user', 'name', 'getusername']);
		expect(termsOf('get_user_name')).toContain('getusername');
		expect(termsOf('plain')).toEqual(['plain']);
	});

	test('scripts without spaces are indexed in pairs too', () => {
		expect(pairsOf('全文検索')).toEqual(['全文', '文検', '検索']);
		expect(termsOf('全文検索')).toEqual(['全文検索', '全文', '文検', '検索']);
		expect(pairsOf('word')).toEqual([]);
	});
});

test('words are letters, digits, marks and underscores', () => {
	expect(wordsOf('a.b-c("d_e", naïve) // 2×3 — “quoted”…')).toEqual([
		...['a', 'b', 'c', 'd_e', 'naïve', '2', '3', 'quoted'],
	]);
});

test('scripts that touch are words of their own, and none is too long', () => {
	expect(wordsOf('请先调用getUserName获取2 파일을open한다 サーバー')).toEqual([
		...['请先调用', 'getUserName', '获取', '2', '파일을', 'open', '한다', 'サーバー'],
	]);
	const sentence = 'ก'.repeat(63) + 'ข'.repeat(100);
	const pairs = wordsOf(sentence).flatMap(pairsOf);
	expect(new Set(pairs)).toEqual(new Set(['กก', 'กข', 'ขข']));
});

test('edges of parts in running text', () => {
	const text = 'let fooBar = BAZ_QUX;';
	const edges = [...text].flatMap((_, at) => (isPartEdge(text, at) ? [at] : []));
	const inside = [1, 2, 5, 6, 8, 9, 14, 15, 18, 19];
	expect(edges).toEqual([...[...text].keys()].filter((at) => !inside.includes(at)));
});
