/**
 * Linux: real pipes for a job's stdout and stderr. What Node makes are sockets, and those cannot be opened
 * again: `echo oops >/dev/stderr` would fail in every script. Named pipes can be had without native code; each
 * is used once, and its name is gone before the job begins. Not for stdin: opening a named pipe again that
 * nobody writes to any more would wait for ever.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

export interface OutputPipes {
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Descriptors for the job's stdout and stderr. */
	readonly job: readonly [number, number];
	/** The job has them, or never will. */
	closeJobEnds(): void;
}

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
const BATCH = 32;
const MKFIFO = ['/usr/bin/mkfifo', '/bin/mkfifo'].find((file) => existsSync(file));

export class PipeStore {
	readonly #folder: string;
	#names: string[] = [];
	#made = 0;
	#making: Promise<boolean> | undefined;

	constructor(folder: string) {
		this.#folder = folder;
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true, mode: 0o700 });
	}

	/** Undefined where there are none to be had: sockets must do. Never rejects. */
	async open(): Promise<OutputPipes | undefined> {
		if (this.#names.length < BATCH / 2) void this.#make();
		while (this.#names.length < 2) {
			if (!(await this.#make())) return undefined;
		}
		const [out = '', err = ''] = this.#names.splice(0, 2);
		const opened: number[] = [];
		const open = (name: string, flags: number) => {
			const fd = openSync(name, flags);
			opened.push(fd);
			return fd;
		};
		try {
			// The reading end comes first and does not wait for a writer; then the writing end need not either.
			const [outRead, outWrite] = [open(out, O_RDONLY | O_NONBLOCK), open(out, O_WRONLY)];
			const [errRead, errWrite] = [open(err, O_RDONLY | O_NONBLOCK), open(err, O_WRONLY)];
			unlinkSync(out);
			unlinkSync(err);
			return {
				stdout: new Socket({ fd: outRead, readable: true, writable: false }),
				stderr: new Socket({ fd: errRead, readable: true, writable: false }),
				job: [outWrite, errWrite],
				closeJobEnds() {
					closeSync(outWrite);
					closeSync(errWrite);
				},
			};
		} catch {
			for (const fd of opened) closeSync(fd);
			// Somebody removed them, or the system has no more descriptors: the others are no better.
			remove([out, err, ...this.#names.splice(0)]);
			return undefined;
		}
	}

	#make(): Promise<boolean> {
		this.#making ??= this.#makeBatch().finally(() => {
			this.#making = undefined;
		});
		return this.#making;
	}

	/** False where it failed; whoever needs some next tries again. */
	async #makeBatch(): Promise<boolean> {
		if (MKFIFO === undefined) return false;
		const names = Array.from({ length: BATCH }, () => join(this.#folder, String(++this.#made)));
		try {
			mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
			await promisify(execFile)(MKFIFO, ['-m', '600', ...names], { env: {} });
			this.#names.push(...names);
			return true;
		} catch {
			remove(names);
			return false;
		}
	}
}

function remove(files: readonly string[]): void {
	for (const file of files) {
		try {
			unlinkSync(file);
		} catch {
			// It was not made, or is gone already.
		}
	}
}
