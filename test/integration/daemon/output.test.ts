/** Getting all of a run's output, and not waiting for more for ever: the runner on real processes. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createContainment } from '../../../daemon/processes/platform.ts';
import { createRunner, type Runner } from '../../../daemon/processes/runner.ts';
import { temporaryFolder } from '../../support/daemon.ts';

async function openRunner(): Promise<Runner> {
	const home = temporaryFolder();
	const containment = await createContainment({
		home,
		statusFolder: join(home, 'status'),
		instance: randomUUID(),
		nativeFolder: '',
		cgroups: false,
		warn: (sentence) => expect.unreachable(sentence),
	});
	onTestFinished(() => containment.close());
	return createRunner(containment);
}

/** Runs a line of shell; `take` gets each piece of its standard output in turn. */
async function run(runner: Runner, line: string, take: (piece: Buffer) => Promise<void> | void) {
	const consume = async (stream: Readable, each: typeof take) => {
		try {
			for await (const piece of stream) await each(piece as Buffer);
		} catch {
			// Destroyed, because somebody held it open.
		}
	};
	const process = await runner.start({
		id: randomUUID(),
		run: 1,
		plan: { command: '/bin/sh', args: ['-c', line], cwd: '/', env: {}, nice: 0 },
		env: { PATH: '/usr/bin:/bin' },
		umask: 0o022,
		openFiles: 1024,
		input: null,
		caps: {},
		leaveBehind: false,
		exclusive: false,
		capture: async (stdout, stderr) => {
			await Promise.all([consume(stdout, take), consume(stderr, () => {})]);
		},
	});
	return process.ended;
}

describe('the output of a run', () => {
	test('is whole, however slowly it is taken', async () => {
		const runner = await openRunner();
		let bytes = 0;
		// The process is gone long before its last pieces are taken, as on a slow disk.
		const outcome = await run(runner, 'head -c 200000 /dev/zero', async (piece) => {
			bytes += piece.length;
			await delay(1000);
		});
		expect(bytes).toBe(200_000);
		expect(outcome).toMatchObject({ kind: 'exit', exitCode: 0 });
	});

	test('is not waited for where somebody who left the group holds it open in silence', async () => {
		const runner = await openRunner();
		const pieces: Buffer[] = [];
		// Without the cookie in its environment nobody finds this one.
		const outcome = await run(
			runner,
			'echo first; env -i setsid sh -c "sleep 20" & echo second; exit 3',
			(piece) => void pieces.push(piece),
		);
		expect(outcome).toMatchObject({ kind: 'exit', exitCode: 3 });
		expect(Buffer.concat(pieces).toString()).toBe('first\nsecond\n');
	});

	test('is not waited for where somebody who left the group prints without end', async () => {
		const runner = await openRunner();
		let bytes = 0;
		const outcome = await run(
			runner,
			'env -i setsid timeout 60 yes & sleep 0.2; exit 4',
			(piece) => {
				bytes += piece.length;
			},
		);
		expect(outcome).toMatchObject({ kind: 'exit', exitCode: 4 });
		expect(bytes).toBeGreaterThan(0);
	});
});
