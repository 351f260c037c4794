/** `npm run bench:payloads`: what payloads cost, each figure beside its alternative in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeContents } from './contents.ts';
import { measureLargeFile } from './largeFile.ts';
import { measureMegabytes } from './megabytes.ts';
import { measureKinds, measureThresholds } from './thresholds.ts';

const count = Number(process.env['PAYLOADS'] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), 'semantica-contents-'));
try {
	await measureKinds();
	await measureThresholds();
	await measureLargeFile(folder);
	await measureMegabytes(writeContents(folder, count));
} finally {
	rmSync(folder, { recursive: true, force: true });
}
