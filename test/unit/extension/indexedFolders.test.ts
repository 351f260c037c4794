import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import { IndexedFolders } from '../../../extension/indexing/indexedFolders.ts';

/** Folders that do not exist keep their name. */
const folder = (name: string) => {
	const path = `/there-is-no/${name}`;
	return { uri: pathToFileURL(path).href, path, name };
};

function opened() {
	const kept = new Map<string, unknown>();
	const memory = {
		keys: () => [...kept.keys()],
		get: <T>(key: string, fallback?: T) => (kept.get(key) as T | undefined) ?? fallback,
		update: async (key: string, value: unknown) => void kept.set(key, value),
	};
	let answer: (listed: readonly { uri: string }[]) => void = () => {};
	const request = () =>
		new Promise((resolve) => {
			answer = (listed) => resolve({ indexes: listed.map(({ uri }) => ({ workspace: uri })) });
		});
	const indexed = new IndexedFolders(memory as never, { request } as unknown as Link);
	const refreshed = (...listed: { uri: string }[]) => {
		const refresh = indexed.refresh();
		answer(listed);
		return refresh;
	};
	return { indexed, refreshed, answer: (...listed: { uri: string }[]) => answer(listed) };
}

it('a folder that is asked for while the daemon lists its indexes is remembered', async () => {
	const { indexed, answer } = opened();
	const refresh = indexed.refresh();
	await indexed.add(folder('shop'));
	answer();
	await refresh;
	expect(await indexed.has(folder('shop'))).toBe(true);
});

it('a folder is remembered until its index is there, and then for as long as it is', async () => {
	const { indexed, refreshed } = opened();
	await indexed.add(folder('shop'));
	await refreshed(folder('other'));
	expect(await indexed.has(folder('shop'))).toBe(true);
	await refreshed(folder('shop'));
	await refreshed(folder('other'));
	expect(await indexed.has(folder('shop'))).toBe(false);
	expect(await indexed.has(folder('other'))).toBe(true);
});

it('indexes of a folder and in it are found, the outermost first, and no neighbours', async () => {
	const { indexed, refreshed } = opened();
	const names = ['shop/src/a b', 'shop', 'shopping', 'other', 'shop/src'];
	await refreshed(...names.map(folder));
	const found = await indexed.within(folder('shop'));
	expect(found.map(({ path }) => path)).toEqual(
		['shop', 'shop/src', 'shop/src/a b'].map((name) => folder(name).path),
	);
});

it('who searches just when the daemon is met waits for its list', async () => {
	const { indexed, answer } = opened();
	void indexed.refresh();
	const found = indexed.settled().then(() => indexed.has(folder('shop')));
	answer(folder('shop'));
	expect(await found).toBe(true);
});
