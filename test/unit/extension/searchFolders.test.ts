/** Search over several folders of a window, some of which have no index, or none that can be searched. */
import { describe, expect, it } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { allHits, searchFolders } from '../../../extension/search/hits.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';

interface Page {
	readonly hits: readonly unknown[];
	readonly nextCursor: string | null;
	readonly problems?: readonly string[];
}

const hit = (workspace: string, line: number) => ({ workspace, path: 'a.ts', line, column: 1 });
const notIndexed = () => Object.assign(new Error('no index'), { code: ERROR_CODES.NOT_FOUND });

/** A daemon that answers each folder with its pages, one after the other, or with an error. */
function linkTo(folders: Readonly<Record<string, readonly Page[] | Error>>) {
	const request = async (_method: string, params: { workspace?: string; cursor?: string }) => {
		const pages = folders[params.workspace ?? ''];
		if (pages === undefined) throw notIndexed();
		if (pages instanceof Error) throw pages;
		return pages[Number(params.cursor ?? 0)];
	};
	return { request } as unknown as Pick<Link, 'request'>;
}

const whole = (...hits: unknown[]): Page[] => [{ hits, nextCursor: null }];
const never = new AbortController().signal;

describe('a search of several folders', () => {
	it('has the hits of those that can be searched, and says why others are left out', async () => {
		const damaged = new Error('The index of b is damaged.');
		const link = linkTo({ a: whole(hit('a', 1)), b: damaged });
		expect(await searchFolders(link, ['a', 'b', 'none'], { query: 'x' })).toMatchObject({
			hits: [{ workspace: 'a', line: 1 }],
			problems: ['The index of b is damaged.'],
		});
		expect(await allHits(link, ['a', 'b', 'none'], 'x', 10, never)).toMatchObject({
			hits: [{ workspace: 'a' }],
			more: false,
			problems: ['The index of b is damaged.'],
		});
	});

	it('says once what the daemon says of each', async () => {
		const problems = ['Not searched by meaning: the endpoint is away.'];
		const pages: Page[] = [
			{ hits: [hit('a', 1)], nextCursor: '1', problems },
			{ hits: [hit('a', 2)], nextCursor: null, problems },
		];
		const link = linkTo({ a: pages, b: [{ hits: [], nextCursor: null, problems }] });
		expect((await searchFolders(link, ['a', 'b'], { query: 'x' })).problems).toEqual(problems);
		const all = await allHits(link, ['a', 'b'], 'x', 10, never);
		expect([all.hits.length, all.problems]).toEqual([2, problems]);
	});

	it('fails where none that has an index can be searched, and finds nothing where none has one', async () => {
		const link = linkTo({ b: new Error('The index of b is damaged.') });
		await expect(searchFolders(link, ['b', 'none'], { query: 'x' })).rejects.toThrow('is damaged');
		expect(await searchFolders(link, ['none'], { query: 'x' })).toEqual({ hits: [], problems: [] });
	});

	it('that nobody wants any more has no answer', async () => {
		const abort = new AbortController();
		abort.abort();
		const link = linkTo({ a: whole(hit('a', 1)), b: new Error('cancelled') });
		const asked = { query: 'x', signal: abort.signal };
		await expect(searchFolders(link, ['a', 'b'], asked)).rejects.toThrow('cancelled');
	});
});
