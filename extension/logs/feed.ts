/** One job's log on its way to whoever shows it: from the first byte, live, with bounds, and how it ended. */
import { l10n } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { LogChunk } from '../../shared/protocol/logs.ts';
import type { Link } from '../connection/link.ts';
import { isNotFound } from '../connection/notFound.ts';
import { isOver } from '../jobs/store/groups.ts';
import { type JobText, sentence } from '../jobs/text/text.ts';
import { shortTitle } from '../jobs/text/title.ts';
import type { Disposable } from '../lifetime.ts';
import { LogFollower } from './follower.ts';
import { LiveWindow, type LogView } from './liveWindow.ts';
import type { LogReader, LogSubscriptions } from './subscriptions.ts';

/** Before the first look at what a flood has brought. */
const LOOK_MS = 1_000;

export interface LogSink {
	append(text: string): void;
	/** What is not of the log itself. */
	appendLine(text: string): void;
	/** All is shown. Without a job, what became of it is not known. */
	ended?(job: Job | undefined): void;
}

/** What of the codes for a terminal the sink understands. */
export interface LogCodes {
	/** Chunks may cut a code in two. */
	strip(chunk: string): string;
	/** What was held back, at the end of the log. */
	flush(): string;
}

export interface FeedPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	readonly subscriptions: LogSubscriptions;
	readonly text: JobText;
	readonly log: (message: string) => void;
}

export class LogFeed implements LogReader, Disposable {
	readonly #ports: FeedPorts;
	readonly #id: string;
	readonly #sink: LogSink;
	readonly #codes: LogCodes;
	readonly #follower = new LogFollower();
	/** None where the job was over: then the daemon's own bounds are enough. */
	#window: LiveWindow | undefined;
	/** When the next look at the newest lines is due. */
	#looking: NodeJS.Timeout | undefined;
	/** The daemon sends what comes, or has been asked to. */
	#followed = false;
	#ended = false;

	constructor(ports: FeedPorts, id: string, sink: LogSink, codes: LogCodes) {
		this.#ports = ports;
		this.#id = id;
		this.#sink = sink;
		this.#codes = codes;
	}

	get offset(): number {
		return this.#follower.offset;
	}

	async begin({ job, reasons }: { job: Job; reasons: readonly { message: string }[] }) {
		this.#window = isOver(job) ? undefined : new LiveWindow();
		// There is nothing of its own to show yet, and a person wants to know why.
		for (const { message } of job.startedAt === null ? reasons : []) {
			this.#sink.appendLine(`[${sentence(message)}]`);
		}
		await this.#follow();
	}

	/** Somebody looks at it again. */
	async refresh(): Promise<void> {
		if (this.#window?.holds) this.#reveal(this.#window.look());
		if (!this.#followed && !this.#ended) await this.#follow();
	}

	accept(chunk: LogChunk): void {
		if (this.#ended) return;
		const step = this.#follower.accept(chunk);
		if (step.kind === 'gap') {
			void this.#follow();
			return;
		}
		if (step.dropped > 0 && this.#window?.skip(step.dropped) !== true) {
			const size = mebibytes(step.dropped);
			this.#sink.appendLine(l10n.t('\n[… {0} of output in between are not kept …]', size));
		}
		this.#append(this.#codes.strip(step.text));
		if (step.end) void this.#end();
	}

	failed(error: unknown): void {
		this.#sink.appendLine(l10n.t('Semantica cannot follow this log: {0}', errorMessage(error)));
		// Tried again on the next connection, and when somebody asks for it; a log that is gone stays gone.
		this.#followed = false;
		if (!isNotFound(error)) return;
		this.dispose();
		this.#sink.ended?.(undefined);
	}

	dispose(): void {
		this.#ended = true;
		clearTimeout(this.#looking);
		this.#ports.subscriptions.leave(this.#id, this);
	}

	async #follow(): Promise<void> {
		this.#followed = true;
		await this.#ports.subscriptions.follow(this.#id, this);
	}

	#append(text: string): void {
		this.#sink.append(this.#window === undefined ? text : this.#window.add(text));
		this.#lookLater();
	}

	/** Each look comes a second later after the one before: who watches for long looks for what is new. */
	#lookLater(): void {
		const window = this.#window;
		if (window === undefined || !window.holds || window.exhausted) return;
		this.#looking ??= setTimeout(
			() => {
				this.#looking = undefined;
				if (!window.holds) return;
				this.#reveal(window.look());
				if (!window.exhausted) return;
				this.#sink.appendLine(
					l10n.t('\n[The log goes on. Show Log shows its newest lines; its end will stand here.]'),
				);
			},
			LOOK_MS * (window.looks + 1),
		);
	}

	#reveal({ skipped, text }: LogView): void {
		if (skipped > 0) {
			this.#sink.appendLine(l10n.t('\n[… {0} of output are not shown …]', mebibytes(skipped)));
		}
		this.#sink.append(text);
	}

	async #end(): Promise<void> {
		this.#append(this.#codes.flush());
		if (this.#window?.holds) this.#reveal(this.#window.rest());
		this.dispose();
		let ended: Job | undefined;
		try {
			ended = (await this.#ports.link.request('job/get', { id: this.#id })).job;
			this.#sink.appendLine(`\n[${this.#ports.text.outcome(ended)}]`);
		} catch (error) {
			this.#ports.log(`The outcome of ${this.#id} is not known: ${errorMessage(error)}`);
		}
		this.#sink.ended?.(ended);
	}
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** Short enough for a list; ids end in random digits. */
export function logName(title: string, id: string): string {
	return `${shortTitle(title, 40)} (${id.slice(-4)})`;
}
