/** A named pipe into which jobs write a line as their first act: how we know that they have started. */
import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface Signs {
	readonly file: string;
	/** Hears every line from now on, instead of who heard them before. */
	listen(heard: (line: string) => void): void;
	close(): void;
}

export function openSigns(file: string): Signs {
	execFileSync('mkfifo', [file]);
	const pipe = new Socket({
		fd: openSync(file, constants.O_RDWR | constants.O_NONBLOCK),
		readable: true,
		writable: false,
	});
	let hear: (line: string) => void = () => {};
	createInterface({ input: pipe }).on('line', (line) => hear(line));
	return {
		file,
		listen(heard) {
			hear = heard;
		},
		close: () => pipe.destroy(),
	};
}
