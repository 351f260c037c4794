/** An index that is set aside by one who is killed at each step of it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openIndex, openOrRebuildIndex } from '../../../daemon/indexing/catalogue/database.ts';
import { DATABASE_FILE, indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { createSandbox } from './sandbox.ts';

/** Renames that still happen. */
const renames = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));
vi.mock('node:fs', async (original) => {
	const fs = await original<typeof import('node:fs')>();
	return {
		...fs,
		renameSync(from: string, to: string) {
			if (renames.left-- <= 0) throw new Error('killed');
			fs.renameSync(from, to);
		},
	};
});

test('the vectors stay, the rest goes, and a new one is made', async () => {
	const sandbox = createSandbox();
	for (let i = 0; i < 3; i++) sandbox.write(`f${i}`, `text number ${i}`);
	await sandbox.index();
	const { home, workspace } = sandbox;
	const folder = indexFolder(home.paths, workspace);
	const vectors = join(folder, 'meaning', '1.vec');
	mkdirSync(join(folder, 'meaning'));
	writeFileSync(vectors, 'costly');
	writeFileSync(join(folder, DATABASE_FILE), 'this is not a database'.repeat(500));
	const before = readdirSync(folder).filter((name) => name !== 'meaning');
	const rebuild = () => openOrRebuildIndex(home, workspace, () => {}).close();

	let kills = 0;
	for (let done = false; !done; ) {
		renames.left = 1;
		try {
			rebuild();
			done = true;
		} catch (error) {
			expect(error).toMatchObject({ message: 'killed' });
			expect(readFileSync(vectors, 'utf8')).toBe('costly');
			kills++;
		}
	}
	expect(kills).toBeGreaterThanOrEqual(before.length);
	renames.left = Number.POSITIVE_INFINITY;
	expect(readFileSync(vectors, 'utf8')).toBe('costly');
	const asides = readdirSync(home.paths.damaged).map((name) => join(home.paths.damaged, name));
	expect(asides.flatMap((aside) => readdirSync(aside))).toEqual(expect.arrayContaining(before));
	openIndex(home, workspace).close();
	expect(existsSync(join(folder, 'damaged'))).toBe(false);
	expect((await sandbox.index()).walk).toMatchObject({ changed: 3 });
});
