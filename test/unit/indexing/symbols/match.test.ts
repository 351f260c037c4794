import { expect, test } from 'vitest';
import { readNames, worthOf } from '../../../../daemon/indexing/searcher/symbols/match.ts';

function ranked(typed: string, ...names: string[]): string[] {
	const query = readNames([typed]);
	if (query === undefined) return [];
	return names
		.map((name) => ({ name, worth: worthOf(name, query) }))
		.filter(({ worth }) => worth > 0)
		.sort((a, b) => b.worth - a.worth)
		.map(({ name }) => name);
}

test('all of a name comes before its beginning, that before a part, that before any place', () => {
	expect(
		ranked(
			'open',
			'reopened',
			'fileOpen',
			'openSocket',
			'_open',
			'OPEN',
			'open',
			'close',
			'openAll',
		),
	).toEqual(['open', 'OPEN', '_open', 'openAll', 'openSocket', 'fileOpen', 'reopened']);
	expect(ranked('Open', 'open', 'Open')).toEqual(['Open', 'open']);
});

test('beginnings of the parts are enough', () => {
	expect(ranked('gfn', 'getFileName', 'get_file_name', 'GFN', 'dogfen', 'config')).toEqual([
		'GFN',
		'getFileName',
		'get_file_name',
	]);
	expect(ranked('getFina', 'getFileName', 'getFile')).toEqual(['getFileName']);
});

test('a name may be said with what it is a part of, and what is called is meant', () => {
	expect(readNames(['Catalogue.hash'])).toEqual({
		terms: ['hash'],
		typed: 'hash',
		container: 'catalogue',
	});
	expect(readNames(['Box::size()'])).toMatchObject({ terms: ['size'], container: 'box' });
	expect(readNames(['parse header'])).toMatchObject({ terms: ['header', 'parse'] });
	expect(readNames(['  ', '::'])).toMatchObject({ terms: ['::'] });
	expect(readNames([' '])).toBeUndefined();
});
