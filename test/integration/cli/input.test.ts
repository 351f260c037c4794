/** What is kept of a standard input until the daemon has it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DIST, temporaryFolder } from '../../support/daemon.ts';

test.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
	'%s while it is read leaves nothing of it behind',
	async (signal) => {
		const folder = temporaryFolder();
		const child = spawn(process.execPath, [join(DIST, 'cli.js'), 'run', '--payload', '-', 'cat'], {
			env: { ...process.env, TMPDIR: folder, SEMANTICA_HOME: join(folder, 'home') },
			stdio: ['pipe', 'ignore', 'ignore'],
		});
		onTestFinished(() => void child.kill('SIGKILL'));
		const kept = () => readdirSync(folder).filter((name) => name.startsWith('semantica-input'));
		// What it has not read yet meets a closed pipe.
		child.stdin.on('error', () => {});
		child.stdin.write(Buffer.alloc(2 * 1024 * 1024));
		await expect.poll(kept, { timeout: 60_000 }).toHaveLength(1);
		child.kill(signal);
		const [, by] = await once(child, 'exit');
		expect(by).toBe(signal);
		expect(kept()).toEqual([]);
	},
);
