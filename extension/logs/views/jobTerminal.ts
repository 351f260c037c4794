/** A job's log in a terminal, for its colours and what it draws again. It is looked at: nothing typed reaches the job. */
import { EventEmitter, l10n, type Pseudoterminal } from 'vscode';
import { errorMessage } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import { type FeedPorts, LogFeed } from '../feed.ts';
import { ScreenCodes } from './screenCodes.ts';

const PLAIN = '\u001b[0m';
/** Not SGR 2: the editor keeps a colour readable on any ground, and halves that for what is faint. */
const GREY = '\u001b[90m';

const withoutControls = (line: string) => line.replace(/\p{Cc}/gu, ' ');

export interface JobTerminalEvents {
	/** The person closed it. */
	closed?(): void;
	/** The person pressed Ctrl+C in it. */
	interrupted?(): void;
	/** All is shown. */
	ended?(job: Job | undefined): void;
}

export interface JobTerminal extends Pseudoterminal {
	/** Ends what looks like a running program, as the editor sees it. */
	finish(exitCode: number | undefined): void;
}

/** @param job which one; asked once it is in sight, since nothing can be written before */
export function createJobTerminal(
	ports: FeedPorts,
	job: () => Promise<string>,
	events: JobTerminalEvents = {},
): JobTerminal {
	const written = new EventEmitter<string>();
	const left = new EventEmitter<number | undefined>();
	let feed: LogFeed | undefined;
	let closed = false;
	let over = false;

	const sink = {
		append: (text: string) => written.fire(text),
		// It may name a job, whose title is somebody's.
		appendLine: (text: string) => {
			const lines = withoutTerminalCodes(text).split('\n').map(withoutControls);
			written.fire(`${PLAIN}${GREY}${lines.join('\r\n')}${PLAIN}\r\n`);
		},
		ended: (ended: Job | undefined) => {
			over = true;
			events.ended?.(ended);
		},
	};

	async function follow(): Promise<void> {
		try {
			const id = await job();
			const { job: found, explanation } = await ports.link.request('job/get', { id });
			if (closed) return;
			feed = new LogFeed(ports, id, sink, new ScreenCodes());
			await feed.begin({ job: found, reasons: explanation.reasons });
		} catch (error) {
			sink.appendLine(l10n.t('Semantica cannot follow this log: {0}', errorMessage(error)));
			sink.ended(undefined);
		}
	}

	return {
		onDidWrite: written.event,
		onDidClose: left.event,
		open: () => void follow(),
		close() {
			closed = true;
			feed?.dispose();
			written.dispose();
			events.closed?.();
		},
		handleInput(text) {
			if (over && text === '\r') left.fire(undefined);
			if (text.includes('\u0003')) events.interrupted?.();
		},
		finish: (exitCode) => left.fire(exitCode),
	};
}
