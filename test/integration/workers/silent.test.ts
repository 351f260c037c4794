/** A worker that stalls while its connection stands: over a real socket, with time in the test's hand. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ToldOfRun } from '../../../daemon/queue/execution.ts';
import { serveSession } from '../../../daemon/rpc/session.ts';
import { createTokens } from '../../../daemon/rpc/tokens.ts';
import { createWorkers, type WorkersService } from '../../../daemon/workers/compose.ts';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket } from '../../../shared/client/endpoint.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, openQueue } from '../../support/queue.ts';

const TOKEN = 'f'.repeat(64);
const TOLD: ToldOfRun = {
	ready: () => Promise.resolve(),
	begun() {},
	overMemory: () => Promise.resolve(),
	asks() {},
};

async function open() {
	const clock = new FakeClock();
	const late: { workers?: WorkersService } = {};
	const service = () => {
		if (late.workers === undefined) throw new Error('Asked too early.');
		return late.workers;
	};
	const queue = openQueue({
		clock,
		workers: {
			room: () => service().port.room(),
			anybody: () => service().port.anybody(),
			present: (type) => service().port.present(type),
			unmet: (type) => service().port.unmet(type),
			maxFunctions: () => 100,
		},
		handlerOf: (type) => service().handlers(new Map()).get(type),
	});
	const tokens = createTokens(TOKEN);
	const workers = createWorkers({
		db: queue.db,
		clock,
		tokens,
		logs: {
			openWriter: () => Promise.reject(new Error('Nothing is said here.')),
			closeWriter: () => Promise.resolve(),
			marker: () => '',
			time: () => '',
		},
		maxFunctions: () => 100,
		aloneAfterDeaths: 2,
		indexing: { types: [], plan: never, assertMayStart: never },
		started: {
			entries: { all: [], put: never, remove: never },
			logFolder: '',
			planOf: never,
			launch: never,
			warn() {},
		},
		queue: () => ({ dispatch: queue.dispatch, writer: queue.parts.writer }),
		changed() {},
	});
	late.workers = workers;
	const endpoint = join(temporaryFolder(), 'socket');
	const server = createServer((socket) =>
		serveSession(
			socket,
			{
				handlers: {
					'worker/register': (params, session) => workers.requests.register(params, session),
					'worker/started': (params, session) => workers.requests.started(params, session),
					'worker/alive': (_params, session) => workers.requests.alive(session),
				},
				tokens,
				node: { offered: () => {}, problem: () => undefined },
				toolFolders: () => [],
				readElsewhere: () => Promise.reject(new Error('nothing is large')),
				identity: { instance: 'i', buildId: 'b', version: 'v', builtAt: 0, endpoint },
				warn: () => {},
				failed: () => {},
			},
			() => {},
		),
	);
	onTestFinished(() => void server.close());
	server.listen(endpoint);
	await once(server, 'listening');

	/** Asks for the answer to `ping`, or gives none. */
	async function worker(name: string): Promise<DaemonConnection & { pinged(): Promise<void> }> {
		const identity = { token: TOKEN, client: name, version: '0' };
		const connection = await connectOver(await openSocket(endpoint), identity);
		onTestFinished(() => connection.dispose());
		let heard = () => {};
		let pings = 0;
		connection.onNotification('worker/ping', () => {
			pings++;
			heard();
		});
		await connection.request('worker/register', { name, types: [{ type: 'acme.embed' }] });
		return {
			...connection,
			async pinged() {
				if (pings === 0) await new Promise<void>((resolve) => (heard = resolve));
				pings--;
			},
		};
	}

	/** Hands one job over; resolves with its end. */
	async function handOver() {
		const [job] = await queue.enqueue({ type: 'acme.embed', graceMs: 100 });
		const [claimed] = await queue.dispatch.claim(() => 0);
		if (job === undefined || claimed === undefined) throw new Error('It was not claimed.');
		const execution = workers
			.executor({ execute: never, settled: never })
			.execute(claimed, null, TOLD);
		return { id: job.id, run: claimed.row.run, ended: execution.ended };
	}

	return { clock, worker, handOver };
}

function never(): never {
	throw new Error('There are only functions here.');
}

test('it is dropped after 45 s without a word, and its run is interrupted; one that answers is not', async () => {
	const { clock, worker, handOver } = await open();
	const answering = await worker('answering');
	const kept = await handOver();
	await answering.request('worker/started', { runs: [kept].map(({ id, run }) => ({ id, run })) });
	const silent = await worker('silent');
	const { id, run, ended } = await handOver();
	await silent.request('worker/started', { runs: [{ id, run }] });
	for (let round = 0; round < 3; round++) {
		clock.advance(15_000);
		await Promise.all([answering.pinged(), silent.pinged()]);
		await answering.request('worker/alive', {});
	}
	clock.advance(15_000);
	await silent.closed;
	await answering.pinged();
	// Its handler may be ending still.
	clock.advance(100);
	expect((await ended).outcome).toEqual({ kind: 'interrupted', workerDied: true });
	await answering.request('worker/alive', {});
});

test('it has its 45 s from the handover, however long it held nothing and said nothing before', async () => {
	const { clock, worker, handOver } = await open();
	const quiet = await worker('quiet');
	clock.advance(3_600_000);
	await handOver();
	clock.advance(15_000);
	const dropped = quiet.closed.then(() => 'dropped');
	expect(await Promise.race([quiet.pinged().then(() => 'pinged'), dropped])).toBe('pinged');
});

test('nobody is pinged who holds nothing, and no timer runs for it', async () => {
	const { clock, worker } = await open();
	await worker('idle');
	expect(clock.pending).toEqual([]);
});
