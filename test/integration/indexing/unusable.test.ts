/** What becomes of an index that is damaged, foreign or out of date: it is built anew, and nothing is lost. */
import { existsSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../../../daemon/indexing/catalogue/database.ts';
import { DATABASE_FILE, indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { resultIn, startIndexer, useBundles } from './bundles.ts';
import { startFakeDaemon } from './fakeDaemon.ts';
import { createSandbox, problemsOf, type Sandbox } from './sandbox.ts';

const bundles = useBundles();

describe('an index that cannot be used', () => {
	const file = (sandbox: Sandbox) =>
		join(indexFolder(sandbox.home.paths, sandbox.workspace), DATABASE_FILE);

	async function withIndex(): Promise<Sandbox> {
		const sandbox = createSandbox();
		for (let i = 0; i < 300; i++) sandbox.write(`f${i}`, `text number ${i} `.repeat(50));
		await sandbox.index();
		return sandbox;
	}

	test('because it is not a database: set aside, and built anew', async () => {
		const sandbox = await withIndex();
		writeFileSync(
			file(sandbox),
			'this is not a database, however long one looks at it'.repeat(200),
		);
		rmSync(`${file(sandbox)}-wal`, { force: true });
		await expect(sandbox.indexFiles('f1')).rejects.toThrow(/is damaged. Run `semantica index .*`/);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 300 });
		expect(sandbox.indexed()).toHaveLength(300);
		expect(sandbox.lines).toContainEqual(expect.stringContaining('What was left of it is in'));
		expect(readdirSync(sandbox.home.paths.damaged)).toHaveLength(1);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 0 });
	});

	test('because pages in its middle are damaged: found out at the latest by the next run', async () => {
		const sandbox = await withIndex();
		const fd = openSync(file(sandbox), 'r+');
		for (let page = 3; page < 40; page++)
			writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
		const daemon = await startFakeDaemon(sandbox.home.paths);
		const run = await startIndexer(
			bundles,
			sandbox,
			'workspace',
			{ exclude: [], maxFileBytes: 1e6 },
			{ env: { SEMANTICA_TOKEN: daemon.token } },
		).ended;
		await daemon.close();
		expect(run).toMatchObject({ code: 0, errors: '' });
		expect(run.output).toContain('The index was damaged; building it anew.');
		expect(resultIn(run)).toMatchObject({ changed: 300 });
		await sandbox.index();
		expect(sandbox.indexed()).toHaveLength(300);
		expect(problemsOf(sandbox.open())).toEqual([]);
	});

	test('because another version made it: built anew', async () => {
		const sandbox = await withIndex();
		const db = sandbox.open();
		db.pragma('user_version = 999');
		db.close();
		const refusal = (() => {
			try {
				return openIndex(sandbox.home, sandbox.workspace);
			} catch (error) {
				return error;
			}
		})();
		expect(refusal).toBeInstanceOf(SemanticaError);
		expect((await sandbox.index()).walk).toMatchObject({ changed: 300 });
		expect(existsSync(sandbox.home.paths.damaged)).toBe(false);
	});

	test('files indexed by older rules are read again', async () => {
		const sandbox = await withIndex();
		const db = sandbox.open();
		db.exec("UPDATE files SET version = version - 1 WHERE path < 'f2'");
		db.close();
		const { walk, shards } = await sandbox.index();
		expect(walk.changed).toBe(111 + 1);
		expect(shards).toMatchObject([{ indexed: 112, unchanged: 0 }]);
	});
});
