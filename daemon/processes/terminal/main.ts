/**
 * A process for the terminal of one run: it opens one, tells its name, and passes on what is written there. The
 * module that opens terminals leaves the descriptor open to whatever its process starts; this one starts nothing.
 * It ends with the run, and with the daemon.
 */
import { closeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { TerminalAnswer } from './messages.ts';

interface PtyModule {
	open(columns: number, rows: number): { master: number; slave: number; pty: string };
}

/** What the daemon's death has ended has so long to let go of its terminal: it is not to end by an error of it. */
const LETTING_GO_MS = 5000;

const [binary = '', columns, rows] = process.argv.slice(2);

function open(): ReturnType<PtyModule['open']> {
	const module: { exports: unknown } = { exports: {} };
	process.dlopen(module as NodeJS.Module, binary);
	return (module.exports as PtyModule).open(Number(columns), Number(rows));
}

function tell(answer: TerminalAnswer): void {
	process.send?.(answer);
}

function main(): void {
	const { master, slave, pty } = open();
	const screen = new ReadStream(master);
	let held = true;
	// While one end is held here, the job may let go of it as often as it likes.
	const letGo = () => {
		if (held) closeSync(slave);
		held = false;
	};
	process.once('message', letGo);
	process.once('disconnect', () => {
		letGo();
		setTimeout(() => process.exit(), LETTING_GO_MS).unref();
	});
	// Nobody reads any more: what comes is thrown away until the last one has let go.
	process.stdout.on('error', () => screen.unpipe().resume());
	// EIO is the end of a terminal.
	screen.on('error', () => {});
	screen.once('close', () => process.disconnect?.());
	screen.pipe(process.stdout);
	tell({ path: pty });
}

try {
	main();
} catch (error) {
	tell({ problem: error instanceof Error ? error.message : String(error) });
	process.disconnect?.();
}
