/** Which files the inputs of a job are, and what is known of them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesOf } from '../../../daemon/indexing/inputs/globs.ts';
import { hashInputs, type InputRequest } from '../../../daemon/indexing/inputs/hash.ts';
import { packed, unpacked } from '../../../daemon/indexing/inputs/manifest.ts';

const never = new AbortController().signal;

function folderWith(...paths: string[]): string {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-inputs-'));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	for (const path of paths) {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), path);
	}
	return folder;
}

describe.each([true, false])('globs (git: %s)', (git) => {
	test('name what the index would hold, and what they name literally', async () => {
		const folder = folderWith(
			'src/a.ts',
			'src/in/b.ts',
			'src/in/c.js',
			'src/.hidden',
			'src/x.log',
			'node_modules/m/i.js',
			'.env',
			'top.ts',
			'sub/inner/d.ts',
		);
		writeFileSync(join(folder, '.gitignore'), '*.log\n');
		if (git) {
			execFileSync('git', ['init', '-q', folder]);
			execFileSync('git', ['init', '-q', join(folder, 'sub')]);
		}
		const named = async (...globs: string[]) =>
			Object.fromEntries(
				[...(await filesOf(folder, globs, process.env, never))].map(([glob, files]) => [
					glob,
					[...files].sort().join(' '),
				]),
			);
		expect(
			await named(
				'src/**',
				'*.ts',
				'**/*.ts',
				'src',
				'./src/in/',
				'**/*.{js,log}',
				'src/x.log',
				'.env',
				'node_modules/**',
				'gone',
			),
		).toEqual({
			'src/**': 'src/.hidden src/a.ts src/in/b.ts src/in/c.js',
			'*.ts': 'top.ts',
			'**/*.ts': 'src/a.ts src/in/b.ts sub/inner/d.ts top.ts',
			src: 'src/.hidden src/a.ts src/in/b.ts src/in/c.js',
			'./src/in/': 'src/in/b.ts src/in/c.js',
			'**/*.{js,log}': 'src/in/c.js',
			'src/x.log': 'src/x.log',
			'.env': '.env',
			'node_modules/**': '',
			gone: '',
		});
	});
});

describe('what is known of them', () => {
	const ask = (
		folder: string,
		before: Uint8Array | null = null,
		more: Partial<InputRequest> = {},
	) =>
		hashInputs(
			{ folder, globs: ['**'], others: {}, stdin: null, before, ...more },
			() => false,
			never,
		);

	test('is the same where nothing is another, however the files were touched', async () => {
		const folder = folderWith('a', 'b');
		const first = await ask(folder);
		utimesSync(join(folder, 'a'), new Date(1e12), new Date(1e12));
		const second = await ask(folder, first.manifest);
		expect([second.digest, second.why]).toEqual([first.digest, undefined]);
		expect((await ask(folder, Buffer.from('no manifest'))).digest).toBe(first.digest);
	});

	test('is another where a write of the same length and time hides in the moment of the look', async () => {
		const folder = folderWith('a', 'b');
		const first = await ask(folder);
		const time = new Date(1e12);
		writeFileSync(join(folder, 'a'), 'A');
		utimesSync(join(folder, 'a'), time, time);
		const second = await ask(folder, first.manifest);
		expect([second.digest === first.digest, second.why]).toEqual([false, 'a changed']);
	});

	test('follows links to their content, and takes what is no file for that', async () => {
		const folder = folderWith('a');
		symlinkSync('a', join(folder, 'to-a'));
		symlinkSync('nowhere', join(folder, 'to-nothing'));
		symlinkSync('.', join(folder, 'to-itself'));
		const first = await ask(folder);
		writeFileSync(join(folder, 'a'), 'other');
		const second = await ask(folder, first.manifest);
		expect(second.why).toBe('a changed, and 1 more');
	});

	test('says what else changed first', async () => {
		const folder = folderWith('a');
		const others = { 'the variable X': '1' };
		const first = await ask(folder, null, { others });
		const second = await ask(folder, first.manifest, { others: { 'the variable X': '2' } });
		expect(second.why).toBe('the variable X changed');
	});

	test('ends when it is not wanted any more', async () => {
		const folder = folderWith(...Array.from({ length: 300 }, (_, n) => `f${n}`));
		const controller = new AbortController();
		const request = { folder, globs: ['**'], others: {}, stdin: null, before: null };
		const asked = hashInputs(request, () => false, controller.signal);
		controller.abort();
		await expect(asked).rejects.toThrow();
	});

	test('takes a bounded room, and damage is no manifest', () => {
		const files = new Map(
			Array.from({ length: 60_000 }, (_, n) => [
				`${n}`,
				{ content: `${Math.random()}`, stamp: `${Math.random()}` },
			]),
		);
		expect(packed({ files, others: {} })).toBeNull();
		expect(unpacked(Buffer.from('x'))).toBeUndefined();
		expect(unpacked(null)).toBeUndefined();
	});
});
