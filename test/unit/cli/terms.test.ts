import { describe, expect, it, test } from 'vitest';
import { parseRate } from '../../../daemon/cli/parse/rate.ts';
import { withTerms } from '../../../daemon/cli/parse/terms.ts';
import { orDefault } from '../../../daemon/cli/parse/values.ts';
import { renderGroups, renderQueues } from '../../../daemon/cli/render/queues.ts';
import { createStyle } from '../../../daemon/cli/render/style.ts';

const view = { style: createStyle({ color: false, unicode: true }), plain: true, width: 80 };

describe('filters as words', () => {
	it('stand for the options of the same name', () => {
		expect(withTerms(['group:a:b', 'origin:cli', 'origin:mcp/'], { all: true })).toEqual({
			all: true,
			group: 'a:b',
			origin: ['cli', 'mcp/'],
		});
	});

	test.each([
		['1a2b3c4d', /is no filter.*semantica show/s],
		['nope:x', /is no filter/],
		['group:', /is no filter/],
	])('%s is refused with what to write', (word, message) => {
		expect(() => withTerms([word], {})).toThrow(message);
	});

	it('do not stand beside themselves', () => {
		expect(() => withTerms(['group:a', 'group:b'], {})).toThrow('group: stands there twice.');
		expect(() => withTerms(['tag:a'], { tag: 'b' })).toThrow('tag: stands there twice.');
	});
});

describe('a rate', () => {
	test.each([
		['10/1m', { count: 10, perMs: 60_000 }],
		['5/s', { count: 5, perMs: 1000 }],
		[' 100 / 1h30m ', { count: 100, perMs: 5_400_000 }],
		['1/250ms', { count: 1, perMs: 250 }],
		['none', 'none'],
	])('%s', (text, rate) => {
		expect(parseRate(text)).toEqual(rate);
	});

	test.each(['10', '10/', '/s', '0/s', '1.5/s', '5/31d', '9999999/s', '5/soon', '-1/s'])(
		'%s is refused',
		(text) => {
			expect(() => parseRate(text)).toThrow(/not a rate|out of bounds|not a duration/);
		},
	);
});

test('a number that may be taken back', () => {
	const limit = orDefault(1, 10);
	expect([limit('3'), limit('default')]).toEqual([3, 'default']);
	expect(() => limit('11')).toThrow('It must be from 1 to 10.');
});

test('queues and groups are tables', () => {
	const queue = { concurrency: 4, paused: false, queued: 2, running: 1 };
	const everything = { concurrency: 8, paused: true, running: 1 };
	expect(
		renderQueues(
			[
				{ name: 'api', ...queue, rate: { count: 10, perMs: 60_000 }, limits: null },
				{ name: 'default', ...queue, rate: null, limits: null },
			],
			everything,
			view,
		).map((line) => line.trimEnd()),
	).toEqual([
		'QUEUE    RUNNING  WAITING  RATE',
		'*            1/8        4                 paused',
		'api          1/4        2  10 per minute',
		'default      1/4        2',
	]);
	const groups = [{ name: 'a\nb', limit: 2, set: true, running: 1, queued: 3 }];
	expect(renderGroups(groups, view).map((line) => line.trimEnd())).toEqual([
		'GROUP  RUNNING  WAITING',
		'a b        1/2        3  set by hand',
	]);
});
