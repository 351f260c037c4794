import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compareSizes } from '../../../scripts/sizes.mjs';
import { binariesOf, lacks, platformOf, TARGETS, UNIVERSAL } from '../../../scripts/targets.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const PREBUILDS = join(ROOT, 'node_modules/better-sqlite3/prebuilds');

describe('the package of a platform', () => {
	test('carries what only that platform loads, and all are in the universal one', () => {
		expect(binariesOf('alpine-arm64')).toEqual(['linuxmusl-arm64.node']);
		expect(binariesOf('win32-x64')).toEqual(['win32-x64.node', 'koffi-win32-x64.node']);
		expect(binariesOf('darwin-x64')).toEqual(['darwin-x64.node', 'pty-darwin-x64.node']);
		const ours = binariesOf(UNIVERSAL).filter((file) => !/^(?:koffi|pty)-/.test(file));
		expect(ours.sort()).toEqual(readdirSync(PREBUILDS).sort());
	});

	test('is told from what is in a binary, not from its name', () => {
		for (const file of readdirSync(PREBUILDS)) {
			expect(`${platformOf(readFileSync(join(PREBUILDS, file)))}.node`).toBe(file);
		}
		expect(platformOf(Buffer.alloc(100))).toBeUndefined();
		expect(platformOf(Buffer.from('MZ'))).toBeUndefined();
		expect(platformOf(Buffer.from(`MZ${'\xff'.repeat(100)}`, 'latin1'))).toBeUndefined();
	});

	test('is not made without a binary, nor with another platform’s', () => {
		const folder = mkdtempSync(join(tmpdir(), 'semantica-native-'));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		const x64 = readFileSync(join(PREBUILDS, 'linux-x64.node'));
		writeFileSync(join(folder, 'linux-x64.node'), x64);
		writeFileSync(join(folder, 'win32-x64.node'), x64);
		expect(lacks(folder, 'linux-x64')).toEqual([
			'pty-linux-x64.node is missing. Run npm ci where the npm registry can be reached.',
		]);
		writeFileSync(join(folder, 'pty-linux-x64.node'), x64);
		expect(lacks(folder, 'linux-x64')).toEqual([]);
		expect(lacks(folder, 'win32-x64')).toEqual([
			'win32-x64.node is made for linux-x64.',
			'koffi-win32-x64.node is missing. Run npm ci where the npm registry can be reached.',
		]);
	});
});

describe('the sizes of packages', () => {
	test('may grow by a fifth over what is recorded, and no more', () => {
		const recorded = { a: 1_000_000, b: 1_000_000, c: 1_000_000 };
		const { lines, problems } = compareSizes({ a: 900_000, b: 1_200_000, c: 1_200_001 }, recorded);
		expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
			'a 0.90 MB -10 %',
			'b 1.20 MB +20 %',
			'c 1.20 MB +20 %',
		]);
		expect(problems).toEqual([
			'The package for c grew from 1.00 MB to 1.20 MB, by more than a fifth.',
		]);
		expect(compareSizes({ d: 1 }, recorded).problems).toEqual(['No size is recorded for d.']);
	});

	test('are recorded for every package that is made', () => {
		const recorded = JSON.parse(readFileSync(join(ROOT, 'scripts/sizes.json'), 'utf8'));
		expect(Object.keys(recorded).sort()).toEqual([UNIVERSAL, ...Object.keys(TARGETS)].sort());
	});
});
