/** A damaged database is set aside whole, or stays where it is. */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../daemon/queue/store/database.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { MIGRATIONS } from '../../support/queue.ts';

const OTHER_DISK = '/dev/shm';
const isOther = existsSync(OTHER_DISK) && statSync(OTHER_DISK).dev !== statSync(tmpdir()).dev;

function damaged(payloadsIn?: string) {
	const folder = temporaryFolder();
	const warnings: string[] = [];
	const options = {
		file: join(folder, 'jobs.db'),
		migrations: MIGRATIONS,
		nativeFolder: undefined,
		damageMark: join(folder, 'database-damaged'),
		damagedFolder: join(folder, 'damaged'),
		payloadFolder: join(payloadsIn ?? folder, 'payloads'),
		durability: 'normal',
		now: () => 0,
		warn: (sentence: string) => void warnings.push(sentence),
	} as const;
	writeFileSync(options.file, 'no database'.repeat(1000));
	mkdirSync(options.payloadFolder);
	writeFileSync(join(options.payloadFolder, 'one'), 'payload');
	return { options, warnings };
}

test.skipIf(!isOther)(
	'one whose payloads cannot be moved is not begun anew, however often it is tried',
	() => {
		const elsewhere = mkdtempSync(join(OTHER_DISK, 'semantica-test-'));
		onTestFinished(() => rmSync(elsewhere, { recursive: true }));
		const { options, warnings } = damaged(elsewhere);
		for (const _ of [1, 2]) expect(() => openDatabase(options)).toThrow(/EXDEV|cross-device/);
		expect(readFileSync(options.file, 'utf8')).toContain('no database');
		expect(readFileSync(join(options.payloadFolder, 'one'), 'utf8')).toBe('payload');
		expect(warnings).toEqual([]);
	},
);

test('one of which a killed start has moved a part goes on', () => {
	const { options, warnings } = damaged();
	// Killed between the payloads and the database.
	writeFileSync(options.damageMark, 'file is not a database');
	rmSync(options.payloadFolder, { recursive: true });
	openDatabase(options).close();
	expect(existsSync(options.damageMark)).toBe(false);
	expect(warnings).toEqual([expect.stringContaining('a new, empty queue was begun')]);
});
