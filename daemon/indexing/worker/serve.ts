/** An indexer that stays: it is handed one index job after the other by the daemon that started it. */

import { createReadStream } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { readStateFile } from '../../../shared/client/endpoint.ts';
import { openProven } from '../../../shared/client/reach.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import type { HandedRun } from '../../../shared/protocol/workers.ts';
import { type Reporter, sparing } from './report.ts';

export interface ServedJob {
	readonly type: string;
	readonly workspace: string;
	readonly payload: unknown;
	/** The run's own. */
	readonly token: string;
	readonly report: Reporter;
}

export interface ServedEnd {
	/** A sentence; undefined where it went well. */
	readonly error: string | undefined;
	/** Another attempt would end the same. */
	readonly final: boolean;
}

type End = ParamsInput<'worker/finish'>['results'][number];

/** Resolves when the daemon has gone. */
export async function serve(
	paths: DataPaths,
	token: string,
	types: readonly string[],
	work: (job: ServedJob) => Promise<ServedEnd>,
): Promise<void> {
	const state = await readStateFile(paths);
	if (state === undefined) throw new SemanticaError('SYSTEM', 'There is no daemon to index for.');
	const connection = await connectOver(await openProven(paths, state), {
		token,
		client: 'indexer',
		version: state.version,
	});
	connection.onNotification('worker/run', ({ runs }) => {
		for (const run of runs) void one(connection, run, work).catch(() => connection.dispose());
	});
	connection.onNotification('worker/ping', () => {
		void connection.request('worker/alive', {}).catch(() => {});
	});
	await connection.request('worker/register', {
		name: 'index',
		types: types.map((type) => ({ type })),
	});
	await connection.closed;
}

async function one(
	connection: DaemonConnection,
	handed: HandedRun,
	work: (job: ServedJob) => Promise<ServedEnd>,
): Promise<void> {
	const { id, run, type, workspace } = handed;
	const name = { id, run };
	const { runs } = await connection.request('worker/started', { runs: [name] });
	const [begun] = runs;
	// It was stopped in between, or is none for us: then nothing of it begins.
	if (begun === undefined || workspace == null) return;
	const before = use();
	let result: Readonly<Record<string, unknown>> | undefined;
	const said: Promise<unknown>[] = [];
	const lines: string[] = [];
	const flush = () => {
		if (lines.length === 0) return;
		const text = `${lines.splice(0).join('\n')}\n`;
		said.push(connection.request('worker/log', { ...name, text }));
	};
	const report = sparing(
		{
			log(line) {
				lines.push(line);
				if (lines.length >= LINES) flush();
			},
			progress(progress) {
				flush();
				said.push(connection.request('worker/progress', { ...name, progress }));
			},
			result(told) {
				result = told;
			},
		},
		Date.now,
	);
	const { error, final } = await work({
		type,
		workspace,
		payload: await payloadOf(handed),
		token: begun.token,
		report,
	});
	flush();
	// Whatever was not taken is the daemon's loss, not the job's.
	await Promise.allSettled(said);
	const cost = since(before);
	const end: End =
		error === undefined
			? { ...name, outcome: 'succeeded', result: result as never, cost }
			: { ...name, outcome: 'failed', error: error.slice(0, 1000), final, result: { error }, cost };
	await connection.request('worker/finish', { results: [end] });
}

/** So many lines of a log go together. */
const LINES = 100;
/** What the system counts reads and writes in. */
const BLOCK_BYTES = 512;

interface Use {
	readonly cpuMs: number;
	readonly readBytes: number;
	readonly writtenBytes: number;
}

function use(): Use & { readonly peakMemoryBytes: number } {
	const { userCPUTime, systemCPUTime, fsRead, fsWrite, maxRSS } = process.resourceUsage();
	return {
		cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000),
		readBytes: fsRead * BLOCK_BYTES,
		writtenBytes: fsWrite * BLOCK_BYTES,
		peakMemoryBytes: maxRSS * 1024,
	};
}

function since(before: Use) {
	const now = use();
	return {
		cpuMs: now.cpuMs - before.cpuMs,
		readBytes: now.readBytes - before.readBytes,
		writtenBytes: now.writtenBytes - before.writtenBytes,
		peakMemoryBytes: now.peakMemoryBytes,
	};
}

async function payloadOf({ payload, payloadPath }: HandedRun): Promise<unknown> {
	if (payloadPath === undefined) return payload;
	return JSON.parse(await readAll(createReadStream(payloadPath)));
}
