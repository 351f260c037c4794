/** The exit codes that supervisors leave for a daemon that was away (docs/processes.md section 2). */
import { symlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { RunOutcome } from '../../queue/finish.ts';

export interface StatusFiles {
	path(id: string, run: number): string;
	/** A file in the same folder whose supervisor does not know its run yet. */
	waitingPath(name: string): string;
	/** Makes what that supervisor will write the outcome of a run. */
	assign(name: string, id: string, run: number): void;
	/** A number is the job's own exit code; `empty` means the disk was full; `absent` that it was killed. */
	read(id: string, run: number): Promise<number | 'empty' | 'absent'>;
	remove(id: string, run: number): Promise<void>;
	removeAllBut(runs: readonly { readonly id: string; readonly run: number }[]): Promise<void>;
}

export async function openStatusFiles(folder: string): Promise<StatusFiles> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const path = (id: string, run: number) => join(folder, `${id}.${run}`);
	const removeOne = async (name: string) => {
		const target = await readlink(join(folder, name)).catch(() => undefined);
		for (const file of [target, name]) {
			if (file !== undefined) await rm(join(folder, file), { force: true, recursive: true });
		}
	};
	return {
		path,
		waitingPath: (name) => join(folder, name),
		assign: (name, id, run) => symlinkSync(name, path(id, run)),
		async read(id, run) {
			try {
				const text = await readFile(path(id, run), 'latin1');
				return /^\d+\n$/.test(text) ? usualCode(Number(text)) : 'empty';
			} catch {
				return 'absent';
			}
		},
		remove: (id, run) => removeOne(`${id}.${run}`),
		async removeAllBut(runs) {
			const kept = new Set(runs.map(({ id, run }) => `${id}.${run}`));
			for (const name of [...kept]) {
				kept.add(await readlink(join(folder, name)).catch(() => name));
			}
			for (const name of await readdir(folder)) if (!kept.has(name)) await removeOne(name);
		},
	};
}

/** ksh and yash report a death by signal n as 256 + n and 384 + n; all others as 128 + n. */
function usualCode(status: number): number {
	return status > 255 ? 128 + (status & 127) : status;
}

// The first name of a number is its usual one: SIGABRT, not SIGIOT.
const SIGNAL_NAMES = new Map(
	Object.entries(constants.signals)
		.reverse()
		.map(([name, number]) => [number, name]),
);

/** Shells report a death by signal n as 128 + n; which of the two it was cannot be known, so it is inferred. */
export function exitOutcome(exitCode: number): RunOutcome {
	return { kind: 'exit', exitCode, signal: SIGNAL_NAMES.get(exitCode - 128) ?? null };
}
