/**
 * What the system gives as bytes and Node as text. Where they were no text, Node puts U+FFFD, and a command that
 * names `caf<E9>.txt` would mean another file: it is refused before anything is done with it.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync, readlinkSync } from 'node:fs';
import { CliError, usageError } from './errors.ts';

const REPLACED = '\ufffd';

/** @throws CliError (usage) for an argument that is not the one that was typed */
export function assertArguments(args: readonly string[]): void {
	const damaged = args.findIndex((arg) => arg.includes(REPLACED));
	if (damaged < 0) return;
	const given = strings('/proc/self/cmdline')?.slice(-args.length);
	const bad =
		given === undefined ? damaged : given.findIndex((bytes) => bytes !== null && !isUtf8(bytes));
	if (bad < 0) return;
	throw usageError(
		`The argument "${args[bad]}" is not UTF-8, and Semantica carries text only: it would become another one. ` +
			"Rename the file, or let a shell find it by a pattern, as in semantica run --shell -- 'rm caf*.txt'.",
	);
}

/** A variable of this process's environment. @throws CliError (usage) when it is not what was set */
export function variable(
	env: Readonly<Record<string, string | undefined>>,
	name: string,
): string | undefined {
	const value = env[name];
	if (value === undefined || !value.includes(REPLACED)) return value;
	const prefix = Buffer.from(`${name}=`);
	const all = strings('/proc/self/environ');
	const given = all?.find((bytes) => bytes.subarray(0, prefix.length).equals(prefix));
	if (all !== undefined && (given === undefined || isUtf8(given))) return value;
	throw usageError(
		`The variable ${name} is not UTF-8, and Semantica carries text only. Set it to something else for this command.`,
	);
}

/** The current folder. @throws CliError when there is none any more, or its name is no text */
export function currentFolder(): string {
	let folder: string;
	try {
		folder = process.cwd();
	} catch {
		throw new CliError('The current folder has been removed. Go to another one, as in: cd ~');
	}
	if (!folder.includes(REPLACED) || isUtf8(workingFolder(folder))) return folder;
	throw new CliError(
		`The name of the current folder, ${folder}, is not UTF-8, and Semantica carries text only. Rename it, or name another one with --cwd.`,
	);
}

/** Where the system does not tell the bytes, a character that means damage is taken for it. */
const UNKNOWN = Buffer.from([0xff]);

function workingFolder(folder: string): Buffer {
	if (process.platform !== 'linux') return UNKNOWN;
	try {
		return readlinkSync('/proc/self/cwd', 'buffer');
	} catch {
		return folder === '' ? Buffer.alloc(0) : UNKNOWN;
	}
}

/** The NUL-terminated strings of a file under /proc; undefined where there is none. */
function strings(file: string): Buffer[] | undefined {
	if (process.platform !== 'linux') return undefined;
	let bytes: Buffer;
	try {
		bytes = readFileSync(file);
	} catch {
		return undefined;
	}
	const all: Buffer[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = bytes.indexOf(0, at);
		all.push(bytes.subarray(at, end < 0 ? bytes.length : end));
		at = end < 0 ? bytes.length : end + 1;
	}
	return all;
}
