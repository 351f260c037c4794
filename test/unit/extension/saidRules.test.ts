import { expect, it } from 'vitest';
import { createSaidRules } from '../../../extension/indexing/saidRules.ts';
import { DEFAULT_RULES } from '../../../shared/folderRules.ts';

it('the rules of a folder are said where its index has none, and when they have changed', async () => {
	const kept = new Map<string, unknown>();
	const memory = {
		get: <T>(key: string, otherwise?: T) => (kept.get(key) ?? otherwise) as T,
		update: async (key: string, value: unknown) => {
			kept.set(key, value);
		},
	};
	let indexes: unknown[] = [];
	const said = createSaidRules(memory, { request: async () => ({ indexes }) as never });
	const folder = { uri: 'file:///w', path: '/w', name: 'w' };
	const other = { uri: 'file:///v', path: '/v', name: 'v' };
	const changed = { ...DEFAULT_RULES, exclude: ['dist/'] };
	expect(await said.news(folder, DEFAULT_RULES)).toEqual(DEFAULT_RULES);
	await said.said(folder, DEFAULT_RULES);
	// The first walk has not been, or the index was built anew.
	expect(await said.news(folder, DEFAULT_RULES)).toEqual(DEFAULT_RULES);
	// A terminal has said something else since: that stands.
	indexes = [{ rules: { ...DEFAULT_RULES, maxFileBytes: 5 } }];
	expect(await said.news(folder, DEFAULT_RULES)).toBeUndefined();
	expect(await said.news(folder, changed)).toEqual(changed);
	await said.said(folder, changed);
	expect(await said.news(folder, changed)).toBeUndefined();
	expect(await said.news(folder, DEFAULT_RULES)).toEqual(DEFAULT_RULES);
	expect(await said.news(other, changed)).toEqual(changed);
});
