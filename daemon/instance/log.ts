/** daemon.log: lines with time and level on the inherited stdout, cut back by copying when it grows. */
import { copyFileSync, fstatSync, truncateSync, writeSync } from 'node:fs';

const MAX_BYTES = 5 * 1024 * 1024;
const STDOUT = 1;

export interface DaemonLog {
	info(sentence: string): void;
	warn(sentence: string): void;
	error(sentence: string): void;
}

/**
 * The launcher opened the file for appending as our stdout and stderr, so that even a crash of Node itself
 * is in it. Appending descriptors survive truncation, hence copy and truncate rather than rename.
 */
export function createDaemonLog(file: string, now: () => number): DaemonLog {
	const isFile = fstatSync(STDOUT).isFile();
	let size = isFile ? fstatSync(STDOUT).size : 0;

	function write(level: string, sentence: string): void {
		const line = `${new Date(now()).toISOString()} ${level} ${sentence}\n`;
		try {
			writeSync(STDOUT, line);
			size += Buffer.byteLength(line);
			if (isFile && size > MAX_BYTES) rotate();
		} catch {
			// A full disk must not end the daemon over its log.
		}
	}

	function rotate(): void {
		copyFileSync(file, `${file}.1`);
		truncateSync(file);
		size = 0;
	}

	return {
		info: (sentence) => write('info ', sentence),
		warn: (sentence) => write('warn ', sentence),
		error: (sentence) => write('error', sentence),
	};
}
