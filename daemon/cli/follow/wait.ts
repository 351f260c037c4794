/** `--wait`: follows a job to its end, across a restart or crash of the daemon, until Ctrl-C. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import type { Output } from '../output.ts';
import { renderDetached, renderSummary } from '../render/summary.ts';
import { followLog } from './log.ts';
import { writeLogTo } from './logOutput.ts';
import { createPresenter, type Presenter, silentPresenter } from './presenter.ts';
import { RUNS_AGAIN, reconnect } from './reconnect.ts';
import { watchJob } from './watch.ts';

export interface WaitOptions {
	/** Shows the job's log on standard output; progress then keeps out of its way. */
	readonly log: boolean;
	readonly json: boolean;
}

/** Follows the job and reports its end; sets the exit code. Takes over the connection. */
export async function waitForJob(
	context: Context,
	connection: DaemonConnection,
	id: string,
	options: WaitOptions,
): Promise<void> {
	const output = options.log && !context.out.live ? context.err : context.out;
	const presenter = options.json ? silentPresenter : createPresenter(output);
	if (!options.json && !output.live) output.lines([`job ${id}`]);
	const follower = new Follower(context, connection, presenter, options);
	const interrupt = listenForInterrupt();
	try {
		const job = await Promise.race([follower.follow(id), interrupt.happened]);
		presenter.close();
		if (job === undefined) {
			context.err.lines(renderDetached(id, context.err.view()));
			process.exitCode = EXIT.interrupted;
			return;
		}
		await report(context, output, follower, job, options);
		process.exitCode = job.state === 'succeeded' ? EXIT.done : EXIT.jobFailed;
	} catch (error) {
		presenter.close();
		throw error;
	} finally {
		interrupt.stop();
		follower.dispose();
	}
}

async function report(
	context: Context,
	output: Output,
	{ connection }: Follower,
	job: Job,
	{ json }: WaitOptions,
): Promise<void> {
	if (json) context.out.json(await connection.request('job/get', { id: job.id }));
	else output.lines(renderSummary(job, await indexOf(connection, job), output.view()));
}

async function indexOf(connection: DaemonConnection, job: Job): Promise<IndexStatus | undefined> {
	if (job.type !== 'index.workspace' || job.workspace === null) return undefined;
	const { indexes } = await connection.request('index/status', { workspace: job.workspace });
	return indexes[0];
}

class Follower {
	/** The present one: each daemon gets its own. */
	connection: DaemonConnection;
	readonly #context: Context;
	readonly #presenter: Presenter;
	readonly #options: WaitOptions;
	#logOffset = 0;
	#disposed = false;

	constructor(
		context: Context,
		connection: DaemonConnection,
		presenter: Presenter,
		options: WaitOptions,
	) {
		this.connection = connection;
		this.#context = context;
		this.#presenter = presenter;
		this.#options = options;
	}

	async follow(id: string): Promise<Job> {
		for (;;) {
			try {
				return await this.#followOver(this.connection, id);
			} catch (error) {
				if (this.#disposed || !(error instanceof ConnectionClosed)) throw error;
			}
			this.connection.dispose();
			this.connection = await reconnect(this.#context.daemon, id);
			this.#presenter.note(RUNS_AGAIN);
			// Ctrl-C came meanwhile: an open connection would keep us from ending.
			if (this.#disposed) this.connection.dispose();
		}
	}

	dispose(): void {
		this.#disposed = true;
		this.connection.dispose();
	}

	async #followOver(connection: DaemonConnection, id: string): Promise<Job> {
		const watching = watchJob(connection, id, (model) => this.#presenter.update(model));
		if (!this.#options.log || this.#options.json) return watching;
		const write = writeLogTo(this.#context, this.#presenter);
		const logging = followLog(connection, id, this.#logOffset, async (chunk) => {
			await write(chunk);
			this.#logOffset = chunk.nextOffset;
		});
		const [job] = await Promise.all([watching, logging]);
		return job;
	}
}

function listenForInterrupt() {
	let stop = () => {};
	const happened = new Promise<undefined>((resolve) => {
		const listener = () => resolve(undefined);
		// Kept until the end: a listener that removes itself leaves the signal to others, who end the process.
		process.on('SIGINT', listener);
		stop = () => process.off('SIGINT', listener);
	});
	return { happened, stop };
}
