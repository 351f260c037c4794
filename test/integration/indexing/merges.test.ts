/** Segments are merged when there is time for it, and stay as they are where there is no room. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCatalogue } from '../../../daemon/indexing/catalogue/catalogue.ts';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { createSegmentTable } from '../../../daemon/indexing/catalogue/segments.ts';
import { indexFiles } from '../../../daemon/indexing/worker/files.ts';
import { mergeOnce } from '../../../daemon/indexing/worker/idleMerges.ts';
import type { IndexJob } from '../../../daemon/indexing/worker/job.ts';
import { createReporter } from '../../../daemon/indexing/worker/report.ts';
import { createSegments } from '../../../daemon/indexing/worker/segments.ts';
import { createSandbox, dump, MAX_FILE_BYTES, problemsOf } from './sandbox.ts';

test('saves leave merges to a quiet moment, but not without end; a full disk leaves all as it is', async () => {
	const sandbox = createSandbox();
	sandbox.write('first.ts', 'const first = 1;');
	await sandbox.index();
	const { home, workspace } = sandbox;
	let asked = 0;
	const job: IndexJob = {
		home,
		workspace,
		env: sandbox.env,
		report: createReporter(() => {}, Date.now),
		mergeLater: () => asked++,
	};
	const folder = indexFolder(home.paths, workspace);
	const files = () => readdirSync(join(folder, 'segments'));
	const save = async (n: number) => {
		sandbox.write(`f${n}.ts`, `export const value${n} = ${n};\n`);
		await indexFiles(job, { files: [`f${n}.ts`], maxFileBytes: MAX_FILE_BYTES });
	};
	for (let n = 0; n < 20; n++) await save(n);
	expect([asked, files().length]).toEqual([20, 21]);
	const before = dump(home, workspace);

	const db = sandbox.open();
	const full = createSegments(folder, createCatalogue(db), createSegmentTable(db), () => {
		throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
	});
	full.merge(true);
	expect(full.mergeSome()).toBe(false);
	expect(files()).toHaveLength(21);
	expect(dump(home, workspace)).toEqual(before);
	while (mergeOnce(home, workspace));
	expect(files().length).toBeLessThan(8);
	expect(dump(home, workspace)).toEqual(before);
	expect(problemsOf(db)).toEqual([]);
	// Nobody is ever quiet for long.
	for (let n = 20; n < 85; n++) await save(n);
	expect(files().length).toBeLessThan(70);
});
