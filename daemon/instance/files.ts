/** The small files by which clients find and enter the daemon, and the folders around them. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/folders.ts';
import type { DataPaths } from '../../shared/paths.ts';
import { writeAtomically } from '../../shared/privateFile.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';

/**
 * Each private where it is made; one that was there, as a folder that a person made for us, stays as it is.
 * @throws SemanticaError SYSTEM when the data folder cannot be written.
 */
export function makeFolders(paths: DataPaths): void {
	try {
		for (const folder of [paths.home, paths.run, paths.statusFolder, paths.logs, paths.indexes]) {
			makeFolder(folder);
		}
	} catch (error) {
		throw notWritable(paths.home, error);
	}
}

/** A full or read-only disk, or missing rights, whichever file it was that could not be written. */
export function notWritable(home: string, error: unknown): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`Semantica cannot write to its data folder ${home} (${errorMessage(error)}). ` +
			'Free space or change its permissions, or name another folder with SEMANTICA_HOME.',
	);
}

export function isNotWritable(error: unknown): boolean {
	return /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|SQLITE_(FULL|READONLY|CANTOPEN|IOERR))/.test(
		errorCode(error) ?? '',
	);
}

/** Undefined where there is none, or what is there is none. */
export function readToken(file: string): string | undefined {
	try {
		const kept = readFileSync(file, 'utf8').trim();
		if (!/^[0-9a-f]{64}$/.test(kept)) return undefined;
		chmodSync(file, 0o600);
		return kept;
	} catch (error) {
		// A disk that cannot give it for a moment must not cost every client its token.
		if (errorCode(error) !== 'ENOENT') throw error;
		return undefined;
	}
}

/** The data folder's token: made once, so that a client which read it stays welcome after a restart. */
export function ensureToken(paths: DataPaths): string {
	const kept = readToken(paths.tokenFile);
	if (kept !== undefined) return kept;
	const token = randomBytes(32).toString('hex');
	writeToken(paths, token);
	return token;
}

export function writeToken(paths: DataPaths, token: string): void {
	writeAtomically(paths.tokenFile, `${token}\n`);
}

export function writeStateFile(paths: DataPaths, state: StateFile): void {
	writeAtomically(paths.stateFile, `${JSON.stringify(state, null, 2)}\n`);
}

export function removeStateFile(paths: DataPaths): void {
	rmSync(paths.stateFile, { force: true });
}
