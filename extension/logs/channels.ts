/** An output channel per job on demand: complete from the first byte, live, and few at a time. */
import { l10n, type OutputChannel, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { LogChunk } from '../../shared/protocol/logs.ts';
import type { Link } from '../connection/link.ts';
import { isNotFound } from '../connection/notFound.ts';
import { type JobText, sentence } from '../jobs/text.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';
import { LogFollower } from './follower.ts';
import { TerminalCodes } from './terminalCodes.ts';

/** Channels kept open. Opening one more closes the one looked at longest ago. */
const MAX_CHANNELS = 6;

interface OpenLog {
	readonly channel: OutputChannel;
	readonly follower: LogFollower;
	readonly codes: TerminalCodes;
	/** The daemon sends what comes, or has been asked to. */
	followed: boolean;
	ended: boolean;
}

export interface JobLogsPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	readonly notifications: Signal<{ readonly method: string; readonly params: unknown }>;
	readonly text: JobText;
	readonly log: (message: string) => void;
}

export class JobLogs implements Disposable {
	readonly #ports: JobLogsPorts;
	readonly #lifetime = new Lifetime();
	/** In the order in which they were last asked for. */
	readonly #open = new Map<string, OpenLog>();

	constructor(ports: JobLogsPorts) {
		this.#ports = ports;
		this.#lifetime.own(
			ports.notifications.on(({ method, params }) => {
				if (method === 'log/data') this.#received(params as LogChunk);
			}),
		);
		this.#lifetime.own(
			ports.link.onDidChange((state) => {
				if (state.kind !== 'connected') return;
				for (const [id, open] of this.#open) if (!open.ended) void this.#subscribe(id, open);
			}),
		);
	}

	/** Shows the job's log, from its beginning if it was not open yet. */
	async show(id: string): Promise<void> {
		const known = this.#open.get(id);
		if (known !== undefined) {
			this.#open.delete(id);
			this.#open.set(id, known);
			known.channel.show(true);
			if (!known.followed && !known.ended) await this.#subscribe(id, known);
			return;
		}
		const { job, explanation } = await this.#ports.link.request('job/get', { id });
		// A second call may have opened it while we asked.
		if (this.#open.has(id)) return this.show(id);
		const channel = window.createOutputChannel(channelName(job.title, id));
		const open: OpenLog = {
			channel,
			follower: new LogFollower(),
			codes: new TerminalCodes(),
			followed: false,
			ended: false,
		};
		this.#open.set(id, open);
		this.#closeOldest();
		channel.show(true);
		// There is nothing of its own to show yet, and a person wants to know why.
		for (const { message } of job.startedAt === null ? explanation.reasons : []) {
			channel.appendLine(`[${sentence(message)}]`);
		}
		await this.#subscribe(id, open);
	}

	dispose(): void {
		this.#lifetime.dispose();
		for (const { channel } of this.#open.values()) channel.dispose();
		this.#open.clear();
	}

	async #subscribe(id: string, open: OpenLog): Promise<void> {
		open.followed = true;
		try {
			await this.#ports.link.request('log/subscribe', { id, offset: open.follower.offset });
		} catch (error) {
			this.#ports.log(`Following the log of ${id} failed: ${errorMessage(error)}`);
			open.channel.appendLine(l10n.t('Semantica cannot follow this log: {0}', errorMessage(error)));
			// Tried again on the next connection, and when somebody asks for it; a log that is gone stays gone.
			open.followed = false;
			open.ended = isNotFound(error);
		}
	}

	#received(chunk: LogChunk): void {
		const open = this.#open.get(chunk.id);
		if (open === undefined || open.ended) return;
		const step = open.follower.accept(chunk);
		if (step.kind === 'gap') {
			void this.#unsubscribe(chunk.id).then(() => this.#subscribe(chunk.id, open));
			return;
		}
		if (step.dropped > 0) {
			const size = `${(step.dropped / 1_048_576).toFixed(1)} MiB`;
			open.channel.appendLine(l10n.t('\n[… {0} of output in between are not kept …]', size));
		}
		open.channel.append(open.codes.strip(step.text));
		if (step.end) void this.#end(chunk.id, open);
	}

	async #end(id: string, open: OpenLog): Promise<void> {
		open.ended = true;
		open.channel.append(open.codes.flush());
		void this.#unsubscribe(id);
		try {
			const { job } = await this.#ports.link.request('job/get', { id });
			open.channel.appendLine(`\n[${this.#ports.text.outcome(job)}]`);
		} catch (error) {
			this.#ports.log(`The outcome of ${id} is not known: ${errorMessage(error)}`);
		}
	}

	async #unsubscribe(id: string): Promise<void> {
		try {
			await this.#ports.link.request('log/unsubscribe', { id });
		} catch (error) {
			// The subscription ends with the connection in any case.
			this.#ports.log(`log/unsubscribe ${id}: ${errorMessage(error)}`);
		}
	}

	#closeOldest(): void {
		for (const [id, open] of this.#open) {
			if (this.#open.size <= MAX_CHANNELS) return;
			this.#open.delete(id);
			open.channel.dispose();
			if (!open.ended) void this.#unsubscribe(id);
		}
	}
}

/** Unique, since ids end in random digits, and short enough for the channel list. */
function channelName(title: string, id: string): string {
	const short = title.length > 40 ? `${title.slice(0, 39)}…` : title;
	return `Semantica: ${short} (${id.slice(-4)})`;
}
