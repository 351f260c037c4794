/** A mount that never answers: FUSE without anybody who reads its requests. Linux, where it is allowed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { need } from '../chaos/capabilities.ts';
import { temporaryFolder } from './daemon.ts';

const CONNECTIONS = '/sys/fs/fuse/connections';

/** Whoever looks at it waits until the test has finished. */
export function silentFolder(context: TestContext): string {
	need(context, existsSync('/dev/fuse'), '/dev/fuse');
	if (!existsSync(join(CONNECTIONS, '.'))) mkdirSync(CONNECTIONS, { recursive: true });
	spawnSync('mount', ['-t', 'fusectl', 'none', CONNECTIONS]);
	const folder = join(temporaryFolder(), 'silent');
	mkdirSync(folder);
	const before = new Set(readdirSync(CONNECTIONS));
	const device = openSync('/dev/fuse', 'r+');
	const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other';
	const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'silent', folder], {
		stdio: ['ignore', 'ignore', 'ignore', device],
	});
	if (mounted.status !== 0) closeSync(device);
	need(context, mounted.status === 0, 'the right to mount what does not answer');
	const made = readdirSync(CONNECTIONS).filter((name) => !before.has(name));
	onTestFinished(() => {
		for (const name of made) writeFileSync(join(CONNECTIONS, name, 'abort'), '1');
		closeSync(device);
		execFileSync('umount', ['-l', folder]);
	});
	return folder;
}
