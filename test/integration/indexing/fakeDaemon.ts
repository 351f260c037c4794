/**
 * Just enough of a daemon for an indexer to hand its children to: a socket, a token, job/enqueue.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
	createMessageConnection,
	ResponseError,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { JobSpec } from '../../../shared/job.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import { requests, type StateFile } from '../../../shared/protocol/requests.ts';

export interface FakeDaemon {
	readonly token: string;
	/** What was enqueued, request by request. */
	readonly requests: JobSpec[][];
	takeJobs(): JobSpec[];
	close(): Promise<void>;
}

export async function startFakeDaemon(paths: DataPaths): Promise<FakeDaemon> {
	const token = 'a-token';
	const received: JobSpec[][] = [];
	const server = createServer((socket) => {
		const rpc = createMessageConnection(
			new StreamMessageReader(socket),
			new StreamMessageWriter(socket),
		);
		socket.on('error', () => socket.destroy());
		rpc.onRequest('initialize', (params: { initializationOptions: { token: string } }) => {
			if (params.initializationOptions.token !== token) return new ResponseError(4010, 'no');
			return {
				capabilities: {},
				semantica: { protocol: 1, instance: 'i', builtAt: 0, buildId: 'b' },
			};
		});
		rpc.onRequest('job/enqueue', (params: unknown) => {
			const { jobs } = requests['job/enqueue'].params.parse(params);
			received.push(jobs);
			return { jobs: jobs.map(() => ({ id: '', state: 'queued', generation: 1, superseded: [] })) };
		});
		rpc.listen();
	});
	mkdirSync(paths.run, { recursive: true });
	const endpoint = join(paths.run, 's');
	await new Promise<void>((resolve) => server.listen(endpoint, resolve));
	const state: StateFile = {
		pid: process.pid,
		endpoint,
		protocol: 1,
		version: '0',
		builtAt: 0,
		buildId: 'b',
		instance: 'i',
		startedAt: 0,
	};
	writeFileSync(paths.stateFile, JSON.stringify(state));
	return {
		token,
		requests: received,
		takeJobs: () => received.splice(0).flat(),
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
}
