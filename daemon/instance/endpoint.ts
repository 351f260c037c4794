/** Where the daemon listens: a socket in a private folder, or a named pipe. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/folders.ts';
import type { DataPaths } from '../../shared/paths.ts';
import { isAnothers } from '../../shared/trust.ts';

/** What the kernel allows for a socket's path, less its final NUL. */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/**
 * Beside the state file, which names it to clients, because what empties other folders leaves this one alone: the
 * user's runtime folder goes with the last login. Where its path is too long or its file system has no sockets,
 * in the runtime folder, and at last in the temporary one. Only after the instance lock is held.
 * @throws SemanticaError SYSTEM when there is no place for it.
 */
export async function chooseEndpoint(
	{ home, run }: Pick<DataPaths, 'home' | 'run'>,
	env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
	const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
	// Pipes have no folder that could be ours alone: nobody is to know beforehand what this one is called.
	if (process.platform === 'win32') {
		return `\\\\.\\pipe\\semantica-${name}-${randomBytes(16).toString('hex')}`;
	}
	const uid = ownUid();
	const runtime = env['XDG_RUNTIME_DIR'];
	const shared = [
		// sudo may leave that of the user, in whose way root's folder would be.
		...(runtime && !isAnothers(runtime) ? [join(runtime, 'semantica')] : []),
		join(tmpdir(), `semantica-${uid}`),
	];
	const places: [folder: string, file: string][] = [
		[run, 'daemon.sock'],
		// Shared by all data folders of this user and by nobody else.
		...shared.map((folder): [string, string] => [folder, `${name}.sock`]),
	];
	let why: unknown;
	for (const [folder, file] of places) {
		try {
			return await socketIn(folder, file);
		} catch (error) {
			// Foreign, too long or not writable: it is somebody else's to mend.
			why = error;
		}
	}
	throw why;
}

async function socketIn(folder: string, file: string): Promise<string> {
	const endpoint = join(folder, file);
	if (Buffer.byteLength(endpoint) > MAX_PATH_BYTES) {
		throw new SemanticaError(
			'SYSTEM',
			`The socket path ${endpoint} is longer than the ${MAX_PATH_BYTES} bytes that the system allows. ` +
				'Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder.',
		);
	}
	makeSocketFolder(folder);
	try {
		await tryToListen(endpoint);
	} catch (error) {
		throw new SemanticaError(
			'SYSTEM',
			`Semantica cannot listen on ${endpoint} (${errorMessage(error)}). ` +
				'Set XDG_RUNTIME_DIR or TMPDIR to a folder where sockets can be made.',
		);
	}
	return endpoint;
}

/** @throws SemanticaError SYSTEM where it cannot be made or is somebody else's. */
export function makeSocketFolder(folder: string): void {
	try {
		makeFolder(folder);
	} catch (error) {
		throw new SemanticaError(
			'SYSTEM',
			`Semantica cannot make the folder ${folder} for its socket (${errorMessage(error)}). ` +
				'Set XDG_RUNTIME_DIR or TMPDIR to a folder of your own.',
		);
	}
	const found = lstatSync(folder);
	if (!found.isDirectory() || found.uid !== ownUid()) {
		throw new SemanticaError(
			'SYSTEM',
			`${folder} is not a folder of yours, so Semantica will not put its socket there. ` +
				'Remove it, or set XDG_RUNTIME_DIR to a folder of your own.',
		);
	}
	// Only now: a link would have passed the change on to whatever it names.
	chmodSync(folder, 0o700);
}

// Shared folders of virtual machines and some network file systems have files but no sockets.
async function tryToListen(endpoint: string): Promise<void> {
	rmSync(endpoint, { force: true });
	const server = createServer().listen(endpoint);
	await once(server, 'listening');
	server.close();
	await once(server, 'close');
}

/** Not userInfo(), which wants an entry in passwd: containers often run as a number without one. */
function ownUid(): number {
	return process.geteuid?.() ?? 0;
}
