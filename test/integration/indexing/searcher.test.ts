/** The process that searches, and its threads: killed, idle, busy, not to be had. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IndexService } from '../../../daemon/indexing/service.ts';
import type { Params } from '../../../shared/protocol/requests.ts';
import { commandLineOf, livingProcesses, until } from '../../support/processes.ts';
import { useBundles } from './bundles.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { openService, type ServiceOptions } from './searching.ts';

const bundles = useBundles();
const serviceOf = (sandbox: Sandbox, options?: ServiceOptions) =>
	openService(bundles, sandbox, options);

const search = (service: IndexService, query: string, more: Partial<Params<'index/search'>> = {}) =>
	service.search({ query, kind: 'words', limit: 20, contextLines: 0, ...more });

describe('the searcher', () => {
	/** One whose process, or whose thread, dies the first `deaths` times it is asked something. */
	function mortal(sandbox: Sandbox, what: 'process' | 'thread', deaths: number): string {
		const counter = join(sandbox.root, '..', 'deaths');
		const entry = join(sandbox.root, '..', 'mortal.js');
		writeFileSync(counter, '');
		writeFileSync(
			entry,
			`const fs = require('node:fs');
			const { isMainThread, parentPort } = require('node:worker_threads');
			const isIt = isMainThread === ${what === 'process'};
			if (isIt && fs.readFileSync(${JSON.stringify(counter)}, 'utf8').length < ${deaths}) {
				(parentPort ?? process).once('message', () => {
					fs.appendFileSync(${JSON.stringify(counter)}, 'x');
					if (isMainThread) process.kill(process.pid, 'SIGKILL');
					throw new Error('out of luck');
				});
			} else require(${JSON.stringify(bundles.searcher)});`,
		);
		return entry;
	}

	const searchersOf = ({ home }: Sandbox): number[] =>
		livingProcesses().filter((pid) => {
			const line = commandLineOf(pid);
			return line.includes('searcher.js') && line.includes(home.paths.home);
		});

	async function withIndex(): Promise<Sandbox> {
		const sandbox = createSandbox();
		sandbox.write('a', 'needle');
		await sandbox.index();
		return sandbox;
	}

	const WHY = { process: 'its process ended with SIGKILL', thread: 'out of luck' };

	test.each(['process', 'thread'] as const)(
		'whose %s dies once is replaced without anybody noticing',
		async (what) => {
			const sandbox = await withIndex();
			const service = serviceOf(sandbox, { entry: mortal(sandbox, what, 1) });
			const all = await Promise.all([
				search(service, 'needle'),
				search(service, 'a'),
				service.status({}),
			]);
			expect(all[0].hits).toHaveLength(1);
			expect(all[2].indexes).toHaveLength(1);
		},
	);

	test.each(['process', 'thread'] as const)(
		'whose %s dies again fails the request with a sentence, and the next one works',
		async (what) => {
			const sandbox = await withIndex();
			const service = serviceOf(sandbox, { entry: mortal(sandbox, what, 2) });
			await expect(search(service, 'needle')).rejects.toMatchObject({
				kind: 'SYSTEM',
				message: expect.stringContaining(WHY[what]),
			});
			expect((await search(service, 'needle')).hits).toHaveLength(1);
		},
	);

	test('that is killed while it is asked nothing is started anew', async () => {
		const sandbox = await withIndex();
		const service = serviceOf(sandbox);
		expect((await search(service, 'needle')).hits).toHaveLength(1);
		const [pid = 0, ...others] = searchersOf(sandbox);
		expect(others).toEqual([]);
		process.kill(pid, 'SIGKILL');
		await until(() => searchersOf(sandbox).length === 0, 'its end');
		expect((await search(service, 'needle')).hits).toHaveLength(1);
	});

	test('that cannot be started is an error that says why', async () => {
		const sandbox = await withIndex();
		const service = serviceOf(sandbox, { node: () => '/no/such/node' });
		await expect(search(service, 'needle')).rejects.toMatchObject({
			kind: 'SYSTEM',
			message: expect.stringContaining('ENOENT'),
		});
	});

	test('finds on while another search takes its time, which ends when nobody waits for it', async () => {
		const sandbox = createSandbox();
		sandbox.write('a', 'needle');
		// No trigram, and nowhere: each line is looked at.
		for (let n = 0; n < 30; n++) sandbox.write(`big${n}`, 'a1 b2\n'.repeat(160_000));
		await sandbox.index();
		const service = serviceOf(sandbox);
		const nobody = new AbortController();
		const long = service.search(
			{ query: 'a(1|2)+z', kind: 'regex', limit: 20, contextLines: 0 },
			nobody.signal,
		);
		const state = { long: 'open' };
		const over = long.then(
			() => {
				state.long = 'answered';
			},
			() => {
				state.long = 'aborted';
			},
		);
		for (let n = 0; n < 3; n++) expect((await search(service, 'needle')).hits).toHaveLength(1);
		expect(state.long).toBe('open');
		nobody.abort();
		await over;
		expect(state.long).toBe('aborted');
		expect((await search(service, 'needle')).hits).toHaveLength(1);
	});

	test('ends when idle, and comes back', async () => {
		const sandbox = await withIndex();
		const service = serviceOf(sandbox, { idleMs: 10 });
		expect((await search(service, 'needle')).hits).toHaveLength(1);
		await until(() => searchersOf(sandbox).length === 0, 'its end');
		expect((await search(service, 'needle')).hits).toHaveLength(1);
	});

	test('does what it was asked before it ends for good', async () => {
		const sandbox = await withIndex();
		const service = serviceOf(sandbox);
		const asked = search(service, 'needle');
		await service.close();
		expect((await asked).hits).toHaveLength(1);
		await expect(search(service, 'needle')).rejects.toMatchObject({ kind: 'DRAINING' });
	});
});
