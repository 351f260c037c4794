/** Other users of the machine. Linux, as root. */
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'vitest';
import { isRoot, need } from '../chaos/capabilities.ts';

/** Nobody's number: it has no entry in passwd, as of somebody who runs a container as `--user 12345`. */
export const STRANGER = 12_345;

export function needStrangers(context: TestContext): void {
	need(context, isRoot && process.platform === 'linux', 'the right to act as another user');
}

/** The folder and all that is in it belong to the stranger. */
export function give(folder: string): void {
	chownSync(folder, STRANGER, STRANGER);
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		try {
			chownSync(path, STRANGER, STRANGER);
		} catch (error) {
			// A daemon that runs in it writes its compiled code through files of a moment.
			if (existsSync(path)) throw error;
		}
	}
}

/** A folder of the stranger at this path. */
export function strangersFolder(folder: string, mode = 0o700): string {
	mkdirSync(dirname(folder), { recursive: true });
	mkdirSync(folder, { mode });
	give(folder);
	return folder;
}

/** The command line by which the stranger runs this. */
export function asStranger(...command: string[]): [string, string[]] {
	const who = ['--reuid', String(STRANGER), '--regid', String(STRANGER), '--clear-groups'];
	return ['setpriv', [...who, ...command]];
}
