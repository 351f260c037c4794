/** 1,000 × 1 MB: files beside the database against everything inline, in the same run. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import { KINDS, type Kind, MEGABYTE } from './contents.ts';
import {
	type BenchDaemon,
	mb,
	percentile,
	probe,
	sizeOf,
	startBenchDaemon,
	table,
} from './daemon.ts';

export interface Measured {
	readonly name: string;
	readonly databaseBytes: number;
	readonly payloadBytes: number;
	readonly vacuumMs: number;
	readonly enqueuePerSecond: number;
	readonly loadPerSecond: number;
	readonly cpuSeconds: number;
	readonly probeMs: readonly number[];
	readonly rss: { readonly before: number; readonly peak: number; readonly after: number };
}

interface Content {
	readonly kind: Kind;
	readonly file: string;
}

/** A load is over this long after its last job. */
const SETTLE_MS = 5000;
const INLINE_THRESHOLD = 16 * 1024 * 1024;
/** Enqueued from messages where it is text, from a file where it is bytes: both are ways of the wire. */
const SENT: Record<Kind, 'payload' | 'payloadFile'> = {
	vectors: 'payload',
	source: 'payload',
	random: 'payloadFile',
};

export async function compareMegabytes(
	contents: readonly Content[],
): Promise<{ files: Measured; inline: Measured }> {
	return {
		files: await measure('files', {}, contents),
		inline: await measure('all inline', { payloadThresholdBytes: INLINE_THRESHOLD }, contents),
	};
}

export async function measureMegabytes(contents: readonly Content[]): Promise<void> {
	const { files, inline } = await compareMegabytes(contents);
	const ratio = (a: number, b: number) => `${(a / b).toFixed(1)} ×`;
	const row = (title: string, of: (measured: Measured) => string, better: string) => [
		title,
		of(files),
		of(inline),
		better,
	];
	table(
		`${contents.length} × 1 MB (${KINDS.join(', ')} in turns), synchronous=FULL`,
		['', files.name, inline.name, 'ratio'],
		[
			row(
				'jobs.db',
				(m) => mb(m.databaseBytes),
				`${ratio(inline.databaseBytes, files.databaseBytes)} smaller`,
			),
			row(
				'VACUUM',
				(m) => `${m.vacuumMs.toFixed(1)} ms`,
				`${ratio(inline.vacuumMs, files.vacuumMs)} faster`,
			),
			row(
				'disk in all',
				(m) => mb(m.databaseBytes + m.payloadBytes),
				ratio(inline.databaseBytes + inline.payloadBytes, files.databaseBytes + files.payloadBytes),
			),
			row(
				'enqueue one after the other, durable',
				(m) => `${m.enqueuePerSecond.toFixed(0)} /s`,
				ratio(files.enqueuePerSecond, inline.enqueuePerSecond),
			),
			row(
				'run in sequence, reading all',
				(m) => `${m.loadPerSecond.toFixed(0)} /s`,
				ratio(files.loadPerSecond, inline.loadPerSecond),
			),
			row(
				'CPU of the daemon',
				(m) => `${m.cpuSeconds.toFixed(1)} s`,
				ratio(files.cpuSeconds, inline.cpuSeconds),
			),
			row(
				'other requests meanwhile, p50 / p99 / max',
				(m) =>
					[0.5, 0.99, 1]
						.map((p) => percentile(m.probeMs, p).toFixed(1))
						.join(' / ')
						.concat(' ms'),
				'',
			),
			row(
				'RSS before / peak / after',
				(m) =>
					[m.rss.before, m.rss.peak, m.rss.after]
						.map((bytes) => (bytes / 1e6).toFixed(0))
						.join(' / ')
						.concat(' MB'),
				'',
			),
			row('RSS grown after the load', (m) => mb(m.rss.after - m.rss.before), ''),
		],
	);
}

async function measure(
	name: string,
	config: Record<string, unknown>,
	contents: readonly Content[],
): Promise<Measured> {
	const daemon = await startBenchDaemon(config);
	try {
		await daemon.client.request('queue/update', { name: 'default', concurrency: 1, paused: true });
		await warmUp(daemon);
		const before = daemon.rssBytes();
		let peak = before;
		const watch = setInterval(() => {
			peak = Math.max(peak, daemon.rssBytes());
		}, 100);
		const probing = await probe(daemon);

		const enqueueSeconds = await timed(() => enqueueAll(daemon, contents));
		const loadSeconds = await timed(() => runAll(daemon, contents.length));
		const probeMs = await probing.stop();
		clearInterval(watch);
		const cpuSeconds = daemon.cpuSeconds();
		await delay(SETTLE_MS);
		const after = daemon.rssBytes();
		await daemon.stop();
		return {
			name,
			cpuSeconds,
			probeMs,
			rss: { before, peak, after },
			enqueuePerSecond: contents.length / enqueueSeconds,
			loadPerSecond: contents.length / loadSeconds,
			payloadBytes: sizeOf(daemon.paths.payloads),
			...vacuum(daemon.paths.database),
		};
	} finally {
		daemon.remove();
	}
}

/** What every daemon has done once before it is measured: one job of each way. */
async function warmUp(daemon: BenchDaemon): Promise<void> {
	const jobs = [
		{ type: 'command', command: { command: 'cat' }, payload: 'x'.repeat(MEGABYTE), queue: 'warm' },
	];
	await daemon.client.request('job/enqueue', { jobs });
	await untilIdle(daemon, 'warm');
	await daemon.client.request('job/remove', { all: true });
}

async function enqueueAll(daemon: BenchDaemon, contents: readonly Content[]): Promise<void> {
	for (const { kind, file } of contents) {
		const given =
			SENT[kind] === 'payloadFile'
				? { payloadFile: file }
				: { payload: readFileSync(file, 'utf8') };
		const command = { command: '/bin/sh', args: ['-c', 'cat >/dev/null'] };
		await daemon.client.request('job/enqueue', { jobs: [{ type: 'command', command, ...given }] });
	}
}

async function runAll(daemon: BenchDaemon, count: number): Promise<void> {
	await daemon.client.request('queue/update', { name: 'default', paused: false });
	await untilIdle(daemon, 'default');
	const { total } = await daemon.client.request('job/list', {
		filter: { state: ['succeeded'], queue: ['default'] },
	});
	if (total.value !== count) throw new Error(`Only ${total.value} of ${count} jobs succeeded.`);
}

async function untilIdle(daemon: BenchDaemon, queue: string): Promise<void> {
	const client = await daemon.connect();
	await new Promise<void>((resolve, reject) => {
		const look = async () => {
			const filter = { state: ['queued', 'running'] as ('queued' | 'running')[], queue: [queue] };
			const { total } = await client.request('job/list', { filter, limit: 1 });
			if (total.value === 0) resolve();
		};
		client.onNotification('jobs/changed', () => void look().catch(reject));
		client.request('jobs/subscribe', {}).then(look).catch(reject);
	});
	client.dispose();
}

function vacuum(file: string): { databaseBytes: number; vacuumMs: number } {
	const db = openSqlite(file, { nativeFolder: undefined, busyTimeoutMs: 5000 });
	db.pragma('wal_checkpoint(TRUNCATE)');
	const databaseBytes = sizeOf(file);
	const times = Array.from({ length: 3 }, () => {
		const begin = performance.now();
		db.exec('VACUUM');
		db.pragma('wal_checkpoint(TRUNCATE)');
		return performance.now() - begin;
	});
	db.close();
	return { databaseBytes, vacuumMs: percentile(times, 0.5) };
}

async function timed(work: () => Promise<void>): Promise<number> {
	const begin = performance.now();
	await work();
	return (performance.now() - begin) / 1000;
}
