/** A client that enqueues, removes, retries and reads without pause, and remembers what it was promised. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { sha256 } from '../../integration/payloads/support.ts';
import type { Random } from '../../support/random.ts';

/** What was promised over all lives of the daemon. */
export interface Promises {
	/** Jobs that were acknowledged, with the SHA-256 of their payload. */
	readonly kept: Map<string, string>;
	/** Jobs whose removal was asked for and perhaps not answered: they may be there or not. */
	readonly leaving: Map<string, string>;
}

export interface LoadCounts {
	enqueued: number;
	removed: number;
	read: number;
	ran: number;
}

export interface LoadOptions {
	readonly connection: DaemonConnection;
	readonly random: Random;
	/** Few contents for many jobs, so that most are there already, or are just being collected. */
	readonly contents: readonly [string, ...string[]];
	/** Files with the same contents, in the same order. */
	readonly files: readonly string[];
	readonly promises: Promises;
	readonly counts: LoadCounts;
	/** A round of requests was answered. */
	readonly round: () => void;
}

/** Goes on until the connection breaks. */
export async function load(options: LoadOptions): Promise<void> {
	const { connection, random, contents, files, promises, counts } = options;

	function randomJob(): { job: JobSpecInput; digest: string } {
		const payload = random.pick(contents);
		const file = files[contents.indexOf(payload)];
		const given = random.chance(0.3) && file !== undefined ? { payloadFile: file } : { payload };
		const runs = random.chance(0.1);
		return {
			job: {
				type: 'command',
				command: { command: 'cat' },
				...(runs ? {} : { runAt: Date.now() + 3_600_000 }),
				...given,
			},
			digest: sha256(payload),
		};
	}

	async function add(): Promise<void> {
		const jobs = Array.from({ length: random.int(1, 4) }, randomJob);
		const answer = await connection.request('job/enqueue', { jobs: jobs.map(({ job }) => job) });
		for (const [index, { id }] of answer.jobs.entries()) {
			promises.kept.set(id, jobs[index]?.digest ?? '');
			counts.enqueued++;
		}
	}

	async function remove(): Promise<void> {
		const ids = [...promises.kept.keys()].filter(() => random.chance(0.3)).slice(0, 100);
		if (ids.length === 0) return;
		for (const id of ids) {
			promises.leaving.set(id, promises.kept.get(id) ?? '');
			promises.kept.delete(id);
		}
		await connection.request('job/cancel', { ids });
		const { count } = await connection.request('job/remove', { ids });
		counts.removed += count;
	}

	async function retry(): Promise<void> {
		const ended = await connection.request('job/list', {
			filter: { state: ['succeeded'] },
			limit: 1,
		});
		const id = ended.jobs[0]?.id;
		const digest = id === undefined ? undefined : promises.kept.get(id);
		if (id === undefined || digest === undefined) return;
		const { jobs } = await connection.request('job/retry', { ids: [id] });
		for (const job of jobs) promises.kept.set(job.id, digest);
		counts.ran++;
	}

	async function read(): Promise<void> {
		const [id, digest] = [...promises.kept][random.int(0, promises.kept.size)] ?? [];
		if (id === undefined || digest === undefined) return;
		const { text, eof } = await connection.request('job/payload', { id, maxBytes: 1024 * 1024 });
		if (!eof || sha256(text) !== digest) throw new Error(`Job ${id} has another payload.`);
		counts.read++;
	}

	for (;;) {
		const steps = [add, add, add, random.pick([remove, remove, retry, read])];
		await Promise.all(steps.map((step) => step()));
		options.round();
	}
}
