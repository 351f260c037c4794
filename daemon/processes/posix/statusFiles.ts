/**
 * What supervisors leave for a daemon that was away (docs/processes.md section 2), and what this daemon adds:
 * the result that a run has told, and that all it printed was taken.
 */

import {
	appendFileSync,
	closeSync,
	constants,
	openSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../../shared/errors.ts';
import { type AskedAgain, askedAgainSchema } from '../../../shared/job.ts';
import { patiently } from '../../disks/patience.ts';
import type { RunOutcome } from '../../queue/ports/runs.ts';
import { COST, textOf } from './cost.ts';

export type Status =
	/** The job's own exit code; `taken`: all that it printed has been stored. */
	| { readonly kind: 'exit'; readonly code: number; readonly taken: boolean }
	/** Its program was not begun: a word that says why, and what it is about. */
	| { readonly kind: 'refused'; readonly why: string; readonly what: string }
	/** The disk was full. */
	| { readonly kind: 'empty' }
	/** It was killed. */
	| { readonly kind: 'absent' }
	/** It is there, and cannot be read. */
	| { readonly kind: 'unreadable'; readonly error: unknown };

export interface StatusFiles {
	path(id: string, run: number): string;
	/** A file in the same folder whose supervisor does not know its run yet. */
	waitingPath(name: string): string;
	/** Makes what that supervisor will write the outcome of a run. */
	assign(name: string, id: string, run: number): void;
	/** Never rejects; waits for a while where it cannot be read at the moment. */
	read(id: string, run: number): Promise<Status>;
	/** JSON text. Where it cannot be written, it is lost with this daemon only. */
	keepResult(id: string, run: number, json: string): void;
	/** Undefined where none was told. @throws where it cannot be read, for a while */
	result(id: string, run: number): Promise<string | undefined>;
	/** As the result; that it is to be tried again. */
	keepAgain(id: string, run: number, json: string): void;
	/** Undefined where it did not ask for that. @throws where it cannot be read, for a while */
	again(id: string, run: number): Promise<AskedAgain | undefined>;
	/** Adds a problem that it reported, JSON text. Where it cannot be written, it is lost with this daemon only. */
	keepProblem(id: string, run: number, json: string): void;
	/** Lines of them; the last may be cut off. */
	problems(id: string, run: number): string;
	/** What is told of its cost, as `costIn` reads it; empty where nothing is. */
	cost(id: string, run: number): string;
	/** All that the ended run printed is stored. */
	markTaken(id: string, run: number): void;
	remove(id: string, run: number): Promise<void>;
	removeAllBut(runs: readonly { readonly id: string; readonly run: number }[]): Promise<void>;
}

/** A file that cannot be read for longer than this is not waited for: its run counts as interrupted. */
const READABLE_WITHIN_MS = 30_000;
const TAKEN = 'taken\n';
const RESULT = '.result';
const AGAIN = '.again';
const PROBLEMS = '.problems';

export async function openStatusFiles(
	folder: string,
	readableWithinMs = READABLE_WITHIN_MS,
): Promise<StatusFiles> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const path = (id: string, run: number) => join(folder, `${id}.${run}`);
	/** Runs that have told something. */
	const told = new Set<string>();
	/** What the name stands for where it is a link, else the name itself. */
	const targetOf = (name: string) =>
		readlink(join(folder, name)).catch((error: unknown) => {
			if (errorCode(error) === 'EINVAL' || errorCode(error) === 'ENOENT') return name;
			throw error;
		});
	const removeOne = async (name: string) => {
		const target = await targetOf(name);
		await rm(join(folder, target + COST), { force: true });
		for (const file of new Set([target, name])) {
			await rm(join(folder, file), { force: true, recursive: true });
		}
		if (!told.delete(name)) return;
		for (const what of [RESULT, AGAIN, PROBLEMS])
			await rm(join(folder, name + what), { force: true });
	};
	const readText = (file: string) =>
		patiently(
			() =>
				readFile(file, 'latin1').catch((error: unknown) => {
					if (errorCode(error) === 'ENOENT') return undefined;
					throw error;
				}),
			readableWithinMs,
		);
	const keep = (file: string, run: string, json: string) => {
		try {
			writeFileSync(file, json, { mode: 0o600 });
			told.add(run);
		} catch {
			rmSync(file, { force: true });
		}
	};
	const readJson = async (file: string) => {
		const text = await readText(file);
		if (text === undefined) return undefined;
		const json = Buffer.from(text, 'latin1').toString('utf8');
		return isJson(json) ? json : undefined;
	};
	return {
		path,
		waitingPath: (name) => join(folder, name),
		assign: (name, id, run) => symlinkSync(name, path(id, run)),
		async read(id, run) {
			try {
				const text = await readText(path(id, run));
				return text === undefined ? { kind: 'absent' } : statusOf(text);
			} catch (error) {
				return { kind: 'unreadable', error };
			}
		},
		keepResult: (id, run, json) => keep(path(id, run) + RESULT, `${id}.${run}`, json),
		result: (id, run) => readJson(path(id, run) + RESULT),
		keepAgain: (id, run, json) => keep(path(id, run) + AGAIN, `${id}.${run}`, json),
		async again(id, run) {
			const json = await readJson(path(id, run) + AGAIN);
			const asked = json === undefined ? undefined : askedAgainSchema.safeParse(JSON.parse(json));
			return asked?.data;
		},
		keepProblem(id, run, json) {
			try {
				appendFileSync(path(id, run) + PROBLEMS, `${json}\n`, { mode: 0o600 });
				told.add(`${id}.${run}`);
			} catch {
				// A full disk, mostly.
			}
		},
		problems: (id, run) => Buffer.from(textOf(path(id, run) + PROBLEMS), 'latin1').toString('utf8'),
		// Of a supervisor that waited for its job it lies beside the file that the name stands for.
		cost(id, run) {
			return textOf(join(folder, linkedName(path(id, run)) ?? `${id}.${run}`) + COST);
		},
		markTaken(id, run) {
			try {
				// Not made where it is absent: that the run was killed must stay as it is.
				const fd = openSync(path(id, run), constants.O_WRONLY | constants.O_APPEND);
				try {
					writeSync(fd, TAKEN);
				} finally {
					closeSync(fd);
				}
			} catch {
				// A daemon that finds it unmarked is careful, no more.
			}
		},
		remove: (id, run) => removeOne(`${id}.${run}`),
		async removeAllBut(runs) {
			const kept = new Set<string>();
			for (const { id, run } of runs) {
				const name = `${id}.${run}`;
				const target = await targetOf(name);
				const own = [name, target, target + COST];
				for (const what of [RESULT, AGAIN, PROBLEMS]) own.push(name + what);
				for (const file of own) kept.add(file);
				told.add(name);
			}
			for (const name of await readdir(folder)) if (!kept.has(name)) await removeOne(name);
		},
	};
}

function linkedName(file: string): string | undefined {
	try {
		return readlinkSync(file);
	} catch {
		return undefined;
	}
}

function statusOf(text: string): Status {
	const [, code, mark] = /^(\d+)\n(.*)$/s.exec(text) ?? [];
	if (code !== undefined) return { ...exitStatus(Number(code)), taken: mark === TAKEN };
	const [, why, what] = /^([A-Z]+) (.*)\n$/s.exec(text) ?? [];
	if (why === undefined || what === undefined) return { kind: 'empty' };
	return { kind: 'refused', why, what: Buffer.from(what, 'latin1').toString('utf8') };
}

// A daemon that died while it wrote leaves half of it.
function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

export function exitStatus(code: number): Status & { readonly kind: 'exit' } {
	return { kind: 'exit', code: usualCode(code), taken: false };
}

/** ksh and yash report a death by signal n as 256 + n and 384 + n; all others as 128 + n. */
function usualCode(status: number): number {
	return status > 255 ? 128 + (status & 127) : status;
}

// The first name of a number is its usual one: SIGABRT, not SIGIOT.
const SIGNAL_NAMES = new Map(
	Object.entries(system.signals)
		.reverse()
		.map(([name, number]) => [number, name]),
);

/** Shells report a death by signal n as 128 + n; which of the two it was cannot be known, so it is inferred. */
export function exitOutcome(exitCode: number): RunOutcome {
	return { kind: 'exit', exitCode, signal: SIGNAL_NAMES.get(exitCode - 128) ?? null };
}
