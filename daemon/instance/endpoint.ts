/** Where the daemon listens: a socket in a short private folder, or a named pipe. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SemanticaError } from '../../shared/errors.ts';

/** What the kernel allows for a socket's path, less its final NUL. */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * In the user's runtime folder, or where that is of no use under the temporary folder. Clients read it from the
 * state file, so it may differ from start to start.
 * @throws SemanticaError SYSTEM when no short private folder can be had.
 */
export function chooseEndpoint(
	home: string,
	env: Readonly<Record<string, string | undefined>>,
): string {
	const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
	if (process.platform === 'win32') return `\\\\.\\pipe\\semantica-${name}`;
	const { uid } = userInfo();
	const temporary = join(tmpdir(), `semantica-${uid}`);
	const runtime = env['XDG_RUNTIME_DIR'];
	if (!runtime) return socketIn(temporary, name, uid);
	try {
		return socketIn(join(runtime, 'semantica'), name, uid);
	} catch {
		// Missing, foreign or too long: it is somebody else's to mend.
		return socketIn(temporary, name, uid);
	}
}

// The folder is shared by all data folders of this user and by nobody else.
function socketIn(folder: string, name: string, uid: number): string {
	const endpoint = join(folder, `${name}.sock`);
	if (Buffer.byteLength(endpoint) > MAX_PATH_BYTES) {
		throw new SemanticaError(
			'SYSTEM',
			`The socket path ${endpoint} is longer than the ${MAX_PATH_BYTES} bytes that the system allows. ` +
				'Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder.',
		);
	}
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new SemanticaError(
			'SYSTEM',
			`Semantica cannot make the folder ${folder} for its socket (${(error as Error).message}). ` +
				'Set XDG_RUNTIME_DIR or TMPDIR to a folder of your own.',
		);
	}
	const found = lstatSync(folder);
	if (!found.isDirectory() || found.uid !== uid) {
		throw new SemanticaError(
			'SYSTEM',
			`${folder} is not a folder of yours, so Semantica will not put its socket there. ` +
				'Remove it, or set XDG_RUNTIME_DIR to a folder of your own.',
		);
	}
	// Only now: a link would have passed the change on to whatever it names.
	chmodSync(folder, 0o700);
	return endpoint;
}
