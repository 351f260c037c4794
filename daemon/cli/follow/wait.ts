/** `--wait`: follows a job to its end, across a restart or crash of the daemon, until Ctrl-C. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { followLog, type LogSink } from '../../../shared/client/followLog.ts';
import type { Job } from '../../../shared/job.ts';
import type { IndexStatus } from '../../../shared/protocol/indexing.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../errors.ts';
import type { Output } from '../output.ts';
import { renderDetached, renderSummary } from '../render/summary.ts';
import { listenForInterrupt } from './interrupt.ts';
import { asIfHere, writeLog } from './logOutput.ts';
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
	// Standard output belongs to the job wherever it is not the terminal.
	const output = options.log && !context.out.live ? context.err : context.out;
	const live = output.live && !(options.log && context.out.piped);
	const presenter = options.json ? silentPresenter : createPresenter(output, live);
	if (!options.json && !live) output.lines([`job ${id}`]);
	const follower = new Follower(context, connection, presenter, options);
	const interrupt = listenForInterrupt();
	// However following ends before the job does, a script must not take it for success.
	process.exitCode = EXIT.interrupted;
	const readerLeft = () => context.err.lines(renderDetached(id, context.err.view()));
	context.out.stream.prependListener('error', readerLeft);
	try {
		const job = await Promise.race([follower.follow(id), interrupt.happened]);
		presenter.close();
		if (job === undefined) {
			context.err.lines(renderDetached(id, context.err.view()));
			process.exitCode = EXIT.interrupted;
			return;
		}
		await report(context, output, follower, job, options);
		process.exitCode = exitCodeOf(job, follower);
		if (follower.missing) context.err.say(MISSING, context.err.style.yellow);
	} catch (error) {
		presenter.close();
		throw error;
	} finally {
		context.out.stream.off('error', readerLeft);
		interrupt.stop();
		follower.dispose();
	}
}

/** What was written elsewhere is taken for all there is. */
const MISSING =
	'The output is not complete: let the command write what is long to a file of its own.';

function exitCodeOf(job: Job, { missing }: Follower): number {
	if (job.state !== 'succeeded') return EXIT.jobFailed;
	return missing ? EXIT.error : EXIT.done;
}

async function report(
	context: Context,
	output: Output,
	{ connection }: Follower,
	job: Job,
	{ json }: WaitOptions,
): Promise<void> {
	if (json) context.out.json(await connection.request('job/get', { id: job.id }));
	else {
		// A job may not look at indexes.
		const index = context.daemon.caller === undefined ? await indexOf(connection, job) : undefined;
		output.lines(renderSummary(job, index, output.view()));
	}
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
	/** Some of the output did not get to where it is not only looked at. */
	missing = false;
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
			const { server } = this.connection;
			this.connection = await reconnect(this.#context.daemon, id, server, {
				isOver: () => this.#disposed,
			});
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
		const shown = this.#options.log && !this.#options.json;
		// What a job may see of others is no more than this.
		if (this.#context.daemon.caller !== undefined) {
			await this.#followLog(connection, id, shown);
			return (await connection.request('job/get', { id })).job;
		}
		const watching = watchJob(connection, id, (model) => this.#presenter.update(model));
		if (!shown) return watching;
		const [job] = await Promise.all([watching, this.#followLog(connection, id, true)]);
		return job;
	}

	#followLog(connection: DaemonConnection, id: string, shown: boolean): Promise<void> {
		// What goes elsewhere than to a terminal must be all there is.
		const taken = shown && !this.#context.out.terminal;
		const write = writeLog(this.#context, asIfHere(this.#context), this.#presenter);
		const sink: LogSink = async (chunk) => {
			if (shown) await write(chunk);
			if (chunk.dropped !== undefined && taken) this.missing = true;
			this.#logOffset = chunk.nextOffset;
		};
		return followLog(connection, id, this.#logOffset, sink, { hold: taken });
	}
}
