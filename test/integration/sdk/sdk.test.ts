/** `semantica/client` as programs have it: the built module, in processes of their own and here. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Client, ConnectOptions, WorkContext } from '../../../sdk/api.ts';
import { readBuildInfo } from '../../../shared/build.ts';
import { findDaemon } from '../../../shared/client/launch.ts';
import { dataPaths } from '../../../shared/paths.ts';
import {
	DIST,
	gone,
	jobEnd,
	startDaemon,
	type TestDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

async function connect(daemon: Pick<TestDaemon, 'home'>): Promise<Client> {
	const built = (await import(pathToFileURL(join(DIST, 'client.mjs')).href)) as {
		readonly connect: (options: ConnectOptions) => Promise<Client>;
	};
	const client = await built.connect({ name: 'test', home: daemon.home });
	onTestFinished(() => client.close());
	return client;
}

async function example(name: string): Promise<string> {
	const daemon = await startDaemon();
	const { stdout } = await run(process.execPath, [join(REPOSITORY, 'docs/examples', name)], {
		cwd: REPOSITORY,
		env: { ...process.env, CI: 'true', SEMANTICA_HOME: daemon.home },
		timeout: 60_000,
	});
	return stdout;
}

describe('the example', () => {
	test('embeddings.mjs runs as it stands', async () => {
		expect(await example('embeddings.mjs')).toBe(
			'Fruit succeeded {"vectors":2}\nA tree succeeded {"vectors":1}\n',
		);
	});

	test('graph.mjs runs as it stands', async () => {
		expect(await example('graph.mjs')).toMatch(
			/^\[semantica\] run 1.*\npublished\nBuild succeeded\nTest succeeded\nLint succeeded\nPublish succeeded\n$/,
		);
	});
});

test('a daemon that dies between being found and answering is followed by the next one', async () => {
	const home = temporaryFolder();
	const { run: folder, stateFile, tokenFile } = dataPaths(home);
	mkdirSync(folder, { mode: 0o700 });
	writeFileSync(tokenFile, 'f'.repeat(64), { mode: 0o600 });
	const endpoint = join(folder, 'dying.sock');
	// The first connection looks whether somebody is there, the second says who it is.
	let connections = 0;
	const dying = createServer((socket) => {
		connections++;
		if (connections < 2) return;
		dying.close();
		rmSync(stateFile);
		socket.destroy();
	});
	dying.listen(endpoint);
	await once(dying, 'listening');
	const { version, buildId, builtAt } = readBuildInfo(DIST);
	const stamp = { version, buildId, builtAt };
	writeFileSync(
		stateFile,
		JSON.stringify({ pid: 1, protocol: 1, startedAt: 0, endpoint, instance: 'dying', ...stamp }),
	);
	const client = await connect({ home });
	expect(connections).toBe(2);
	const found = await findDaemon(dataPaths(home));
	if (found === undefined) throw new Error('No daemon runs.');
	onTestFinished(async () => {
		process.kill(found.pid, 'SIGKILL');
		await gone(found.pid);
	});
	await expect(client.get('018f4d2e-7c3a-7b1e-9f00-0123456789ab')).rejects.toThrow(/no job/i);
});

describe('a worker', () => {
	test('says how its runs end, and aborts what was cancelled', async () => {
		const daemon = await startDaemon();
		const client = await connect(daemon);
		const begun = Promise.withResolvers<WorkContext>();
		const worker = await client.work({
			'test.fail': () => {
				throw new Error('no model');
			},
			'test.again': {
				maxAttempts: 2,
				handler: (_payload, { attempt, retryAfter }) => {
					if (attempt === 1) throw retryAfter(0.5, 'not yet');
					return { attempt };
				},
			},
			'test.hopeless': {
				maxAttempts: 5,
				handler: (_payload, { giveUp }) => {
					throw giveUp('There is no such text.');
				},
			},
			'test.large': () => 'x'.repeat(20_000),
			'test.wait': (_payload, context) => {
				begun.resolve(context);
				return new Promise((_resolve, reject) => {
					context.signal.addEventListener('abort', () => reject(context.signal.reason));
				});
			},
			'test.parent': async (_payload, context) => {
				const [child = ''] = await context.enqueue({ type: 'test.child', payload: 1 });
				const { jobs } = await (await context.connect()).wait([child]);
				return jobs[0]?.result;
			},
			'test.child': (payload) => ({ payload: payload ?? null }),
		});
		const [fail = '', again = '', large = '', wait = '', parent = '', hopeless = ''] =
			await client.enqueue(
				{ type: 'test.fail' },
				{ type: 'test.again' },
				{ type: 'test.large' },
				{ type: 'test.wait' },
				{ type: 'test.parent' },
				{ type: 'test.hopeless' },
			);
		const { signal } = await begun.promise;
		await client.cancel(wait);
		expect((await client.wait([hopeless])).jobs[0]).toMatchObject({
			state: 'failed',
			attempt: 1,
			error: { code: 'FUNCTION', message: 'There is no such text.' },
		});
		const { jobs } = await client.wait([fail, again, large, wait, parent]);
		expect(jobs.map(({ state }) => state)).toEqual([
			'failed',
			'succeeded',
			'failed',
			'cancelled',
			'succeeded',
		]);
		expect(String(signal.reason)).toMatch(/cancel/);
		expect(jobs[0]?.error?.message).toBe('no model');
		expect(jobs[1]?.result).toEqual({ attempt: 2 });
		expect(jobs[2]?.error?.message).toMatch(/has 20002 bytes as JSON; at most 16384/);
		const children = [];
		for await (const { state, origin } of client.list({ parentId: parent })) {
			children.push({ state, origin });
		}
		expect(children).toEqual([{ state: 'succeeded', origin: `job/${parent}` }]);
		expect(jobs[4]?.result).toEqual({ payload: 1 });
		await worker.stop();
	});

	test('goes on with the next daemon, and lets what runs end before it leaves', async () => {
		const daemon = await startDaemon();
		const client = await connect(daemon);
		const gate = Promise.withResolvers<void>();
		const begun = Promise.withResolvers<void>();
		const worker = await client.work({
			'test.gate': {
				restartable: true,
				handler: async (_payload, { run: n }) => {
					begun.resolve();
					if (n > 1) await gate.promise;
					else await new Promise(() => {});
				},
			},
		});
		// Else it would look for the next daemon for ever.
		onTestFinished(() => void worker.stop());
		const [id = ''] = await client.enqueue({ type: 'test.gate', graceMs: 10 });
		await begun.promise;
		await daemon.kill();
		await daemon.restart();
		const later = await connect(daemon);
		gate.resolve();
		const { jobs } = await later.wait([id]);
		expect(jobs[0]).toMatchObject({ state: 'succeeded', run: 2 });
		expect(await jobEnd(daemon, id)).toMatchObject({ attempt: 1 });
		await worker.stop();
	});
});
