/** The standard input of a command that is run as a job: a file, or what comes through a pipe. */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { constants, createReadStream, fstatSync, rmSync } from 'node:fs';
import { access, type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { errorMessage } from '../../../shared/errors.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { formatBytes } from '../render/format.ts';

export interface Input {
	readonly spec: Pick<JobSpecInput, 'payload' | 'payloadFile'>;
	/** To be called once the daemon has it. */
	dispose(): void;
}

const NONE: Input = { spec: {}, dispose: () => {} };

/** More goes through a file, as does what is no text. */
const INLINE_BYTES = 1024 * 1024;
/** What the daemon takes as a file. */
const LARGEST = 256 * 1024 * 1024;
/** A pipe that nobody closes would be waited for in silence. */
const TELL_AFTER_MS = 2000;

/**
 * What was named by --payload. Else, where the command runs as if it ran here (`wait`), what is piped or
 * redirected to us; without --wait nothing is read, since a loop that starts jobs would lose what it reads.
 */
export async function inputOf(
	context: Context,
	file: string | undefined,
	wait: boolean,
): Promise<Input> {
	if (file === '-') return fromStdin(context);
	if (file !== undefined) return fromFile(context, file);
	const kind = stdinKind();
	if (kind === 'none') return NONE;
	if (wait && kind === 'data') {
		const input = await fromStdin(context);
		return input.spec.payload === '' ? NONE : input;
	}
	if (context.err.terminal) {
		const { style } = context.err;
		context.err.say('Standard input is not passed on. Pass it with: --payload -', style.yellow);
	}
	return NONE;
}

/**
 * Only what a shell connects counts: programs that start us often leave a socket open, and on Windows a pipe,
 * into which nothing will ever come.
 */
function stdinKind(): 'data' | 'maybe' | 'none' {
	try {
		const found = fstatSync(0);
		if (found.isFile()) return found.size > 0 ? 'data' : 'none';
		if (found.isFIFO()) return process.platform === 'win32' ? 'maybe' : 'data';
	} catch {
		// Closed.
	}
	return 'none';
}

async function fromStdin(context: Context): Promise<Input> {
	const telling = setTimeout(() => {
		context.err.say('Reading standard input until it ends. To run without: < /dev/null');
	}, TELL_AFTER_MS);
	try {
		return await fromStream(context.stdin, 'standard input');
	} finally {
		clearTimeout(telling);
	}
}

/** A file is read by the daemon, whatever its size and content. */
async function fromFile(context: Context, file: string): Promise<Input> {
	const path = resolve(context.cwd(), file);
	try {
		// A pipe, as in <(command), is ours alone.
		if (!(await stat(path)).isFile()) return await fromStream(createReadStream(path), file);
		await access(path, constants.R_OK);
		return { spec: { payloadFile: await realpath(path) }, dispose: () => {} };
	} catch (error) {
		if (error instanceof CliError) throw error;
		throw new CliError(`Cannot read the payload: ${errorMessage(error)}.`);
	}
}

async function fromStream(stream: Readable, source: string): Promise<Input> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	let spool: Spool | undefined;
	try {
		for await (const chunk of stream) {
			const data = chunk as Buffer;
			bytes += data.length;
			if (bytes > LARGEST) {
				throw new CliError(
					`The ${source} is too large: at most ${formatBytes(LARGEST)} are taken. Let the command read a file.`,
				);
			}
			if (spool === undefined) chunks.push(data);
			else await spool.write(data);
			if (spool === undefined && bytes > INLINE_BYTES) spool = await openSpool(chunks.splice(0));
		}
		const all = Buffer.concat(chunks);
		if (spool === undefined && isUtf8(all)) return { ...NONE, spec: { payload: all.toString() } };
		spool ??= await openSpool([all]);
		await spool.close();
		return { spec: { payloadFile: spool.path }, dispose: spool.remove };
	} catch (error) {
		spool?.remove();
		throw error;
	}
}

interface Spool {
	readonly path: string;
	write(data: Buffer): Promise<void>;
	close(): Promise<void>;
	remove(): void;
}

const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A temporary file that the daemon takes over; it goes with this process at the latest. */
async function openSpool(first: readonly Buffer[]): Promise<Spool> {
	const path = join(await realpath(tmpdir()), `semantica-input-${randomUUID()}`);
	const remove = () => {
		for (const signal of ENDS) process.off(signal, leave);
		rmSync(path, { force: true });
	};
	// By a signal a process ends without a word to those who wait for its exit.
	const leave = (signal: NodeJS.Signals) => {
		remove();
		process.kill(process.pid, signal);
	};
	process.once('exit', remove);
	for (const signal of ENDS) process.on(signal, leave);
	let handle: FileHandle;
	try {
		handle = await open(path, 'wx', 0o600);
	} catch (error) {
		remove();
		throw cannotKeep(error);
	}
	const write = async (data: Buffer) => {
		await handle.writeFile(data).catch((error: unknown) => {
			throw cannotKeep(error);
		});
	};
	for (const data of first) await write(data);
	return { path, write, close: () => handle.close(), remove };
}

const cannotKeep = (error: unknown): CliError =>
	new CliError(`Cannot keep the input until the daemon has it: ${errorMessage(error)}.`);
