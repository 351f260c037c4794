/** Who answers at a port: a run by which it is to be ready, or somebody else. */
import { readdirSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { isShortage } from '../../../shared/errors.ts';

export type Answer =
	| { readonly by: 'nobody' }
	| { readonly by: 'run' }
	/** Another process, which is known. */
	| { readonly by: 'other'; readonly pid: number; readonly name: string }
	/** Whose it is cannot be told here. */
	| { readonly by: 'unknown' };

export interface Place {
	readonly port: number;
	/** Undefined: whatever address it listens at. */
	readonly host: string | undefined;
}

const CONNECTS_WITHIN_MS = 1000;
/** As /proc/net/tcp has it. */
const LISTENS = '0A';

/**
 * Rejects where that cannot be told at the moment, for want of a descriptor.
 * @param members of the run; undefined where they cannot be told, and before it begins there are none
 */
export async function whoAnswers(
	place: Place,
	members: () => Promise<readonly number[] | undefined>,
): Promise<Answer> {
	const sockets = await listeningAt(place.port);
	if (place.host === undefined && sockets?.size === 0) return { by: 'nobody' };
	const asked = place.host !== undefined || sockets === undefined;
	if (asked && !(await connects(place))) return { by: 'nobody' };
	if (sockets === undefined || sockets.size === 0) return { by: 'unknown' };
	const own = await members();
	if (own === undefined) return { by: 'unknown' };
	for (const pid of own) if (await holdsAny(pid, sockets)) return { by: 'run' };
	for (const pid of processIds()) {
		if (await holdsAny(pid, sockets)) return { by: 'other', pid, name: await nameOf(pid) };
	}
	return { by: 'unknown' };
}

/** The sockets, as the descriptors of their owners name them; undefined where the system does not tell. */
async function listeningAt(port: number): Promise<Set<string> | undefined> {
	const tables = await Promise.all(['tcp', 'tcp6'].map((name) => textOf(`/proc/net/${name}`)));
	if (tables[0] === undefined) return undefined;
	return listenersIn(tables.join('\n'), port);
}

/** @param text as in /proc/net/tcp */
export function listenersIn(text: string, port: number): Set<string> {
	const wanted = port.toString(16).toUpperCase().padStart(4, '0');
	const found = new Set<string>();
	for (const line of text.split('\n')) {
		// Number, local address and port, remote ones, state, queues, timer, retransmits, user, timeout, inode.
		const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
		if (state === LISTENS && local?.endsWith(`:${wanted}`)) found.add(`socket:[${inode}]`);
	}
	return found;
}

/** False too of a process that is gone, or whose descriptors are not ours to see. */
async function holdsAny(pid: number, sockets: ReadonlySet<string>): Promise<boolean> {
	let descriptors: string[];
	try {
		descriptors = readdirSync(`/proc/${pid}/fd`);
	} catch (error) {
		passOver(error);
		return false;
	}
	for (const descriptor of descriptors) {
		const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
		if (sockets.has(target)) return true;
	}
	return false;
}

function processIds(): number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
}

async function nameOf(pid: number): Promise<string> {
	return (await textOf(`/proc/${pid}/comm`))?.trimEnd() ?? '';
}

const textOf = (file: string): Promise<string | undefined> =>
	readFile(file, 'latin1').catch(passOver);

/** What is gone, or not ours to see, tells nothing; what only could not be looked at just now may. */
function passOver(error: unknown): undefined {
	if (isShortage(error)) throw error;
}

function connects({ port, host = 'localhost' }: Place): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host, timeout: CONNECTS_WITHIN_MS });
		const end = (answers: boolean) => () => {
			socket.destroy();
			resolve(answers);
		};
		socket.once('connect', end(true)).once('timeout', end(false));
		socket.once('error', (error) => (isShortage(error) ? reject(error) : resolve(false)));
	});
}
