import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataPaths } from '../../../shared/paths.ts';
import { assertDataFolder, assertOwnFolder, isOwnSocketFolder } from '../../../shared/trust.ts';
import { temporaryFolder } from '../../support/daemon.ts';

const me = process.geteuid?.() ?? 0;
const somebody = me + 1;

describe.skipIf(process.platform === 'win32')('a data folder', () => {
	test('of the user is fine; for anybody else it is not', () => {
		const paths = dataPaths(temporaryFolder());
		expect(() => assertOwnFolder(paths)).not.toThrow();
		expect(() => assertOwnFolder(paths, somebody)).toThrow(/belongs to .* Run Semantica as/);
	});

	test('to come is fine in a folder of one’s own, and in one of all', () => {
		expect(() => assertOwnFolder(dataPaths(join(temporaryFolder(), 'a', 'b')))).not.toThrow();
		expect(() => assertOwnFolder(dataPaths(join(temporaryFolder(), 'a')), somebody)).not.toThrow();
	});

	test('may not hold a folder that others write in, unless they do not get there', () => {
		const paths = dataPaths(temporaryFolder());
		for (const folder of [paths.run, paths.bin]) {
			mkdirSync(folder);
			chmodSync(folder, 0o777);
			expect(() => assertOwnFolder(paths)).not.toThrow();
			chmodSync(paths.home, 0o755);
			expect(() => assertOwnFolder(paths)).toThrow(/Other users may write in .*(run|bin)/);
			chmodSync(folder, 0o755);
			expect(() => assertOwnFolder(paths)).not.toThrow();
			chmodSync(paths.home, 0o700);
		}
	});
});

describe('a folder to write into', () => {
	const holding = (...names: string[]) => {
		const paths = dataPaths(temporaryFolder());
		for (const name of names) writeFileSync(join(paths.home, name), '');
		return paths;
	};

	test.each([
		[[]],
		[['config.json']],
		[['jobs.db', 'jobs.db-wal', 'jobs.db-shm', 'daemon.log', 'daemon.log.1', 'config.json.17.tmp']],
		[['payloads', 'logs', 'indexes', 'bin', 'damaged', 'run']],
		[['lost+found', '.DS_Store']],
	])('holding %j may be ours', (names) => {
		expect(() => assertDataFolder(holding(...names))).not.toThrow();
	});

	test.each([
		[['notes.txt']],
		[['bin', 'src', 'package.json']],
		[['.git']],
		[['jobs.db', 'jobs.db.backup']],
		[['config.json', 'a', 'b', 'c', 'd']],
	])('holding %j is somebody’s', (names) => {
		const paths = holding(...names);
		expect(() => assertDataFolder(paths)).toThrow(
			/holds other things \(.*\) and is no data folder/,
		);
		expect(readdirSync(paths.home).sort()).toEqual([...names].sort());
	});

	test('is ours where a daemon’s lock is, whatever else came into it', () => {
		const paths = holding('notes.txt');
		mkdirSync(paths.run);
		writeFileSync(paths.lockFile, '');
		expect(() => assertDataFolder(paths)).not.toThrow();
	});

	test('that is not there may be made', () => {
		expect(() => assertDataFolder(dataPaths(join(temporaryFolder(), 'new')))).not.toThrow();
	});
});

describe.skipIf(process.platform === 'win32')('the folder of a socket', () => {
	test('is ours alone where we own it and nobody else writes in it', () => {
		const folder = temporaryFolder();
		expect(isOwnSocketFolder(folder)).toBe(true);
		expect(isOwnSocketFolder(folder, somebody)).toBe(false);
		const link = join(temporaryFolder(), 'link');
		symlinkSync(folder, link);
		expect(isOwnSocketFolder(link)).toBe(false);
		expect(isOwnSocketFolder(join(folder, 'none'))).toBe(false);
		for (const mode of [0o720, 0o702, 0o1777]) {
			chmodSync(folder, mode);
			expect(isOwnSocketFolder(folder)).toBe(false);
		}
	});
});
