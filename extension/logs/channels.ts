/** An output channel per job on demand: from the first byte, live, few at a time, and none without bounds. */
import { type OutputChannel, window } from 'vscode';
import type { Disposable } from '../lifetime.ts';
import { type FeedPorts, LogFeed, logName } from './feed.ts';
import { TerminalCodes } from './terminalCodes.ts';

/** Channels kept open. Opening one more closes the one looked at longest ago. */
const MAX_CHANNELS = 6;

interface OpenLog {
	readonly channel: OutputChannel;
	readonly feed: LogFeed;
}

export class JobLogs implements Disposable {
	readonly #ports: FeedPorts;
	/** In the order in which they were last asked for. */
	readonly #open = new Map<string, OpenLog>();

	constructor(ports: FeedPorts) {
		this.#ports = ports;
	}

	/** Shows the job's log, from its beginning if it was not open yet. */
	async show(id: string): Promise<void> {
		const known = this.#open.get(id);
		if (known !== undefined) {
			this.#open.delete(id);
			this.#open.set(id, known);
			known.channel.show(true);
			await known.feed.refresh();
			return;
		}
		const { job, explanation } = await this.#ports.link.request('job/get', { id });
		// A second call may have opened it while we asked.
		if (this.#open.has(id)) return this.show(id);
		const channel = window.createOutputChannel(`Semantica: ${logName(job.title, id)}`);
		const feed = new LogFeed(this.#ports, id, channel, new TerminalCodes());
		this.#open.set(id, { channel, feed });
		this.#closeOldest();
		channel.show(true);
		await feed.begin({ job, reasons: explanation.reasons });
	}

	dispose(): void {
		for (const open of this.#open.values()) close(open);
		this.#open.clear();
	}

	#closeOldest(): void {
		for (const [id, open] of this.#open) {
			if (this.#open.size <= MAX_CHANNELS) return;
			this.#open.delete(id);
			close(open);
		}
	}
}

function close({ channel, feed }: OpenLog): void {
	feed.dispose();
	channel.dispose();
}
