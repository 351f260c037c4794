/** An output channel per job on demand: from the first byte, live, few at a time, and none without bounds. */
import { l10n, type OutputChannel, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import type { LogChunk } from '../../shared/protocol/logs.ts';
import type { Link } from '../connection/link.ts';
import { isNotFound } from '../connection/notFound.ts';
import { isOver } from '../jobs/store/groups.ts';
import { type JobText, sentence } from '../jobs/text/text.ts';
import { type Disposable, Lifetime, type Signal } from '../lifetime.ts';
import { LogFollower } from './follower.ts';
import { LiveWindow, type LogView } from './liveWindow.ts';
import { TerminalCodes } from './terminalCodes.ts';

/** Channels kept open. Opening one more closes the one looked at longest ago. */
const MAX_CHANNELS = 6;

/** Before the first look at what a flood has brought. */
const LOOK_MS = 1_000;

interface OpenLog {
	readonly channel: OutputChannel;
	readonly follower: LogFollower;
	readonly codes: TerminalCodes;
	/** None where the job was over: then the daemon's own bounds are enough. */
	readonly window: LiveWindow | undefined;
	/** When the next look at the newest lines is due. */
	looking: NodeJS.Timeout | undefined;
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
			if (known.window?.holds) this.#reveal(known, known.window.look());
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
			window: isOver(job) ? undefined : new LiveWindow(),
			looking: undefined,
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
		for (const open of this.#open.values()) close(open);
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
		if (step.dropped > 0 && open.window?.skip(step.dropped) !== true) {
			const size = mebibytes(step.dropped);
			open.channel.appendLine(l10n.t('\n[… {0} of output in between are not kept …]', size));
		}
		this.#append(open, open.codes.strip(step.text));
		if (step.end) void this.#end(chunk.id, open);
	}

	#append(open: OpenLog, text: string): void {
		open.channel.append(open.window === undefined ? text : open.window.add(text));
		this.#lookLater(open);
	}

	/** Each look comes a second later after the one before: who watches for long looks for what is new. */
	#lookLater(open: OpenLog): void {
		const { window } = open;
		if (window === undefined || !window.holds || window.exhausted) return;
		open.looking ??= setTimeout(
			() => {
				open.looking = undefined;
				if (!window.holds) return;
				this.#reveal(open, window.look());
				if (!window.exhausted) return;
				open.channel.appendLine(
					l10n.t('\n[The log goes on. Show Log shows its newest lines; its end will stand here.]'),
				);
			},
			LOOK_MS * (window.looks + 1),
		);
	}

	#reveal(open: OpenLog, { skipped, text }: LogView): void {
		if (skipped > 0) {
			open.channel.appendLine(l10n.t('\n[… {0} of output are not shown …]', mebibytes(skipped)));
		}
		open.channel.append(text);
	}

	async #end(id: string, open: OpenLog): Promise<void> {
		open.ended = true;
		this.#append(open, open.codes.flush());
		if (open.window?.holds) this.#reveal(open, open.window.rest());
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
			close(open);
			if (!open.ended) void this.#unsubscribe(id);
		}
	}
}

function close(open: OpenLog): void {
	clearTimeout(open.looking);
	open.channel.dispose();
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** Unique, since ids end in random digits, and short enough for the channel list. */
function channelName(title: string, id: string): string {
	const short = title.length > 40 ? `${title.slice(0, 39)}…` : title;
	return `Semantica: ${short} (${id.slice(-4)})`;
}
