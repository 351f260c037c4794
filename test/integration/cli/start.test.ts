/** What the command line loads before it knows what it is asked. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';

test('the schema library is loaded only where something is checked by it', async () => {
	const hook = join(temporaryFolder(), 'hook.cjs');
	// The library leaves its configuration in the global object.
	const look = `process.on('exit', () => console.log('__zod_globalConfig' in globalThis));`;
	writeFileSync(hook, look);
	const env = { NODE_OPTIONS: `--require=${hook}` };
	const cli = createCli();
	expect((await cli.run(['--help'], { env })).stdout).toMatch(/\nfalse\n$/);
	const jobs = join(temporaryFolder(), 'jobs.json');
	writeFileSync(jobs, '{"type":""}');
	expect((await cli.run(['enqueue', jobs], { env })).stdout).toMatch(/^true\n$/);
});
