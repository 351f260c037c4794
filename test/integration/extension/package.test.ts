/** A package of one platform has all that works there, and nothing of another. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { binariesOf } from '../../../scripts/targets.mjs';
import { unzip } from '../../support/unzip.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const { packageFor } = (await import(join(ROOT, 'scripts/package.mjs'))) as {
	packageFor(target: string, file: string): string;
};

const target = `${process.platform}-${process.arch}`;

test.skipIf(process.platform === 'win32' || existsSync('/etc/alpine-release'))(
	'the package of this platform runs by itself',
	async () => {
		const folder = mkdtempSync(join(tmpdir(), 'semantica-vsix-'));
		onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
		const paths = unzip(packageFor(target, join(folder, 'semantica.vsix')), folder);
		const native = paths.filter((path) => path.endsWith('.node'));
		expect(native).toEqual(binariesOf(target).map((file) => `extension/dist/native/${file}`));
		expect(paths.filter((path) => path.endsWith('.png')).length).toBeGreaterThan(3);

		const cli = join(folder, 'extension/dist/cli.js');
		const semantica = (...args: string[]) =>
			run(process.execPath, [cli, ...args], {
				env: { ...process.env, SEMANTICA_HOME: join(folder, 'home') },
			});
		onTestFinished(async () => void (await semantica('daemon', 'stop')));
		const { stdout } = await semantica('run', '--wait', '--', 'echo', 'packed');
		expect(stdout).toBe('packed\n');
	},
);
