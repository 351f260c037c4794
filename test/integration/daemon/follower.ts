/** A client that shows what `jobs/subscribe` tells it, and notes whatever a client must never see. */
import type { Socket } from 'node:net';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readToken } from '../../../shared/client/endpoint.ts';
import type { Job } from '../../../shared/job.ts';
import { isFinished } from '../../../shared/jobTerms.ts';
import type { Counts, JobsChanged } from '../../../shared/protocol/jobs.ts';
import type { TestDaemon } from '../../support/daemon.ts';

export class Follower {
	readonly connection: DaemonConnection;
	/** To be paused by a test whose client reads slowly, or not at all. */
	readonly socket: Socket;
	readonly picture = new Map<string, Job>();
	/** Sentences about gaps, and about news that is older than what was known. */
	readonly problems: string[] = [];
	counts: Counts = {} as Counts;
	/** How often it had to begin anew. */
	resyncs = 0;
	steps = 0;
	readonly #removed = new Set<string>();
	readonly #looks = new Set<() => void>();
	#seq = 0;
	#instance = '';
	/** Between a resync and the snapshot that follows it. */
	#beginning = true;

	constructor(connection: DaemonConnection, socket: Socket) {
		this.connection = connection;
		this.socket = socket;
		connection.onNotification('jobs/changed', (change) => this.#take(change));
	}

	/** Subscribes, for the first time or anew. */
	async subscribe(): Promise<void> {
		this.#beginning = true;
		const { instance, seq, counts, jobs } = await this.connection.request('jobs/subscribe', {});
		this.#beginning = false;
		this.#instance = instance;
		this.#seq = seq;
		this.counts = counts;
		const before = new Map(this.picture);
		this.picture.clear();
		for (const job of jobs) this.#show(job, before.get(job.id));
		this.#look();
	}

	/** Resolves when what it shows satisfies the condition, or the connection has ended. */
	async until(condition: (picture: ReadonlyMap<string, Job>) => boolean): Promise<void> {
		await Promise.race([
			this.connection.closed,
			new Promise<void>((resolve) => {
				const look = () => {
					if (!condition(this.picture)) return;
					this.#looks.delete(look);
					resolve();
				};
				this.#looks.add(look);
				look();
			}),
		]);
	}

	#take(change: JobsChanged): void {
		// What was on its way when it began anew.
		if (this.#beginning) return;
		this.steps++;
		if (change.instance !== this.#instance) this.problems.push('another instance');
		if (change.seq !== this.#seq + 1) {
			this.problems.push(`step ${change.seq} after ${this.#seq}`);
		}
		this.#seq = change.seq;
		this.counts = change.counts;
		if ('resync' in change) {
			this.resyncs++;
			this.subscribe().catch((error: unknown) => this.problems.push(String(error)));
			return;
		}
		for (const job of change.jobs) this.#show(job, this.picture.get(job.id));
		for (const id of change.removed) {
			this.picture.delete(id);
			this.#removed.add(id);
		}
		this.#look();
	}

	#show(job: Job, before: Job | undefined): void {
		if (this.#removed.has(job.id)) this.problems.push(`${job.id} came back after it was removed`);
		const why = before === undefined ? undefined : olderThan(before, job);
		if (why !== undefined) this.problems.push(`${job.id}: ${why}`);
		this.picture.set(job.id, job);
	}

	#look(): void {
		for (const look of [...this.#looks]) look();
	}
}

export async function follow(daemon: TestDaemon): Promise<Follower> {
	const socket = await openSocket(daemon.state.endpoint);
	const token = await readToken(daemon.paths);
	const follower = new Follower(
		await connectOver(socket, { token, client: 'follower', version: '0' }),
		socket,
	);
	await follower.subscribe();
	return follower;
}

/** In what way `job` is an older state of the same job. */
function olderThan(before: Job, job: Job): string | undefined {
	if (isFinished(before.state) && job.state !== before.state) {
		return `${job.state} after ${before.state}`;
	}
	if (job.run < before.run) return `run ${job.run} after run ${before.run}`;
	const reached = before.progress?.current ?? 0;
	const shown = job.progress?.current ?? 0;
	return shown < reached ? `progress ${shown} after ${reached}` : undefined;
}
