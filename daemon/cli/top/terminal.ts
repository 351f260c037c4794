/**
 * A whole terminal for a while: another screen, keys as they are pressed, and everything as it was at the end,
 * whatever ends us. What is unchanged is not sent again, which is what counts over a slow line.
 */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream } from 'node:tty';
import type { Key } from './keys.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[0m\u001b[2J';

/** What ends a program by default, and what it is told when it is to stand still. */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

export interface Terminal {
	/** Columns and rows, also where the terminal does not say. */
	size(): { readonly width: number; readonly height: number };
	draw(lines: readonly string[]): void;
	/** As Ctrl-Z does elsewhere: returns when the shell lets us go on. */
	suspend(): void;
	close(): void;
}

export interface TerminalEvents {
	key(key: Key): void;
	/** All of it is to be drawn again. */
	resized(): void;
}

export function openTerminal(
	stdin: NodeJS.ReadStream,
	stdout: NodeJS.WriteStream,
	events: TerminalEvents,
): Terminal {
	let shown: readonly string[] = [];
	let open = false;

	const enter = () => {
		open = true;
		shown = [];
		raw(stdin, true);
		stdout.write(ENTER + CLEAR);
	};
	const leave = () => {
		if (!open) return;
		open = false;
		stdout.write(LEAVE);
		raw(stdin, false);
	};
	const pressed = (text: string | undefined, key: { name?: string; ctrl?: boolean }) =>
		events.key({ name: key.name, ctrl: key.ctrl === true, text });
	const resized = () => {
		if (!open) return;
		shown = [];
		stdout.write(CLEAR);
		events.resized();
	};
	// Stopped by others, or by us: the shell gets its screen back first.
	const stop = () => {
		leave();
		process.kill(process.pid, 'SIGSTOP');
	};
	const goOn = () => {
		if (!open) enter();
		events.resized();
	};
	const end = (signal: NodeJS.Signals) => {
		close();
		// With our listener gone it ends us as it would have.
		process.kill(process.pid, signal);
	};

	const close = () => {
		leave();
		stdin.off('keypress', pressed);
		stdin.pause();
		stdout.off('resize', resized);
		for (const signal of ENDING) process.off(signal, end);
		process.off('SIGTSTP', stop);
		process.off('SIGCONT', goOn);
		process.off('uncaughtExceptionMonitor', leave);
		process.off('exit', leave);
	};

	for (const signal of ENDING) process.on(signal, end);
	if (process.platform !== 'win32') {
		process.on('SIGTSTP', stop);
		process.on('SIGCONT', goOn);
	}
	process.on('uncaughtExceptionMonitor', leave);
	process.on('exit', leave);
	emitKeypressEvents(stdin);
	enter();
	stdin.on('keypress', pressed);
	stdin.resume();
	stdout.on('resize', resized);

	return {
		size: () => ({ width: stdout.columns || 80, height: stdout.rows || 24 }),
		draw: (lines) => {
			if (!open) return;
			const changed = lines.flatMap((line, row) =>
				line === shown[row] ? [] : [`\u001b[${row + 1};1H\u001b[0m\u001b[2K${line}`],
			);
			if (changed.length > 0) stdout.write(changed.join(''));
			shown = lines;
		},
		suspend: () => {
			// The whole group, as the terminal does: a program that started us stands still too.
			if (process.platform !== 'win32') process.kill(0, 'SIGTSTP');
		},
		close,
	};
}

function raw(stdin: NodeJS.ReadStream, on: boolean): void {
	try {
		(stdin as ReadStream).setRawMode?.(on);
	} catch {
		// The terminal is gone.
	}
}
