/** What is looked at before a place is read, run from, written to or connected in (docs/security.md). */
import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { doubtfulAbove } from './ancestors.ts';
import { SemanticaError } from './errors.ts';
import type { DataPaths } from './paths.ts';

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
/** Whom Linux shows where an owner has no number in the user namespace: in sandboxes, root. */
const UNMAPPED_UID = 65_534;
/** What systems put into every folder, or into the root of every disk. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['.DS_Store', 'lost+found']);

/** Undefined on Windows, where access lists say who may what, and a profile's are its owner's. */
const ownUid = (): number | undefined => process.geteuid?.();

/**
 * To be called before anything in the data folder is read, written or connected to.
 * @throws SemanticaError SYSTEM where somebody else owns the folder or may write in it, may put another one in its
 * place, or would own what is around it.
 */
export function assertOwnFolder(paths: DataPaths, uid: number | undefined = ownUid()): void {
	if (uid === undefined) return;
	const home = lookAt(paths.home);
	if (home === undefined) {
		assertOwnSurroundings(paths.home, uid);
		assertOwnAncestors(paths.home, uid);
		return;
	}
	assertOwned(paths.home, home, uid);
	assertClosed(paths.home, home);
	assertOwnAncestors(paths.home, uid);
	for (const folder of [paths.run, paths.bin]) {
		const found = lookAt(folder);
		if (found === undefined) continue;
		assertOwned(folder, found, uid);
		// Where nobody else gets as far as that, it does not matter.
		if ((home.mode & OTHERS) !== 0) assertClosed(folder, found);
	}
}

/** @throws SemanticaError SYSTEM where the program that is to be run was put there by somebody else. */
export function assertOwnProgram(folder: string, uid: number | undefined = ownUid()): void {
	const found = lookAt(folder);
	if (uid !== undefined && found !== undefined) assertOwned(folder, found, uid);
}

/**
 * To be called before anything is written into the data folder: one that holds other things is somebody's, even
 * where its owner is the same. Ours is empty, or holds only what Semantica puts there, or a daemon's lock.
 * @throws SemanticaError SYSTEM
 */
export function assertDataFolder(paths: DataPaths): void {
	let names: string[];
	try {
		names = readdirSync(paths.home);
	} catch {
		// Absent, or not to be read: whoever makes or writes it says so.
		return;
	}
	const known = new Set(
		[
			paths.database,
			paths.payloads,
			paths.logs,
			paths.indexes,
			paths.run,
			paths.bin,
			paths.damaged,
			paths.daemonLog,
			paths.config,
			paths.secrets,
			paths.fleet,
			paths.fleetKey,
		].map((path) => basename(path)),
	);
	// The database's logs, the older daemon.log, drafts of config.json.
	const isKnown = (name: string) =>
		NOT_CONTENT.has(name) || known.has(name.replace(/-(wal|shm|journal)$|\.1$|\.\d+\.tmp$/, ''));
	const strange = names.filter((name) => !isKnown(name)).sort();
	if (strange.length === 0 || lookAt(paths.lockFile)?.isFile()) return;
	const some = strange.slice(0, 3).join(', ');
	throw new SemanticaError(
		'SYSTEM',
		`${paths.home} holds other things (${some}${strange.length > 3 ? ', …' : ''}) and is no data folder of Semantica, ` +
			'so nothing is put there. Name a new or an empty folder with SEMANTICA_HOME.',
	);
}

/** Whether nobody but us can have put a socket into the folder. A link would lead to a folder of somebody else's choice. */
export function isOwnSocketFolder(folder: string, uid: number | undefined = ownUid()): boolean {
	if (uid === undefined) return true;
	const found = lookAt(folder, lstatSync);
	return found?.isDirectory() === true && found.uid === uid && (found.mode & OTHERS_WRITE) === 0;
}

/** Whether it is there and belongs to somebody else. */
export function isAnothers(path: string, uid: number | undefined = ownUid()): boolean {
	return uid !== undefined && (lookAt(path)?.uid ?? uid) !== uid;
}

function assertOwned(path: string, { uid: owner }: Stats, uid: number): void {
	if (owner === uid) return;
	throw new SemanticaError(
		'SYSTEM',
		`${path} belongs to ${nameOf(owner)}, and this is ${nameOf(uid)}, so Semantica does not use it. ` +
			`Run Semantica as ${nameOf(owner)}, or name a folder of your own with SEMANTICA_HOME.`,
	);
}

function assertClosed(path: string, { mode }: Stats): void {
	if ((mode & OTHERS_WRITE) === 0) return;
	throw new SemanticaError(
		'SYSTEM',
		`Other users may write in ${path}, so Semantica does not trust what it holds. ` +
			`If it is only yours, say so with: chmod go-w '${path}'; else name another folder with SEMANTICA_HOME.`,
	);
}

/** Undefined for a user whom the system does not know. */
function usersHome(): string | undefined {
	try {
		return homedir();
	} catch {
		return undefined;
	}
}

function assertOwnAncestors(home: string, uid: number): void {
	const doubtful = doubtfulAbove(home, { uid, unmapped: UNMAPPED_UID, home: usersHome() });
	if (doubtful === undefined) return;
	const { folder, owner } = doubtful;
	throw new SemanticaError(
		'SYSTEM',
		owner === undefined
			? `Other users may rename what is in ${folder}, and so put another folder in the place of ${home}. ` +
					`If it is only yours, say so with: chmod go-w '${folder}'; else name another folder with SEMANTICA_HOME.`
			: `${nameOf(owner)[0]?.toUpperCase()}${nameOf(owner).slice(1)} may put another folder in the place of ${home}, ` +
					`by what belongs to them in ${folder}. Name a folder of your own with SEMANTICA_HOME.`,
	);
}

// What root puts into a folder of another user is in that user's way ever after.
function assertOwnSurroundings(home: string, uid: number): void {
	if (uid !== 0) return;
	let folder = dirname(home);
	let found = lookAt(folder);
	while (found === undefined && dirname(folder) !== folder) {
		folder = dirname(folder);
		found = lookAt(folder);
	}
	if (found === undefined || found.uid === uid || found.uid === UNMAPPED_UID) return;
	throw new SemanticaError(
		'SYSTEM',
		`The data folder ${home} would be made in ${folder}, which belongs to ${nameOf(found.uid)}, and this is ${nameOf(uid)}. ` +
			`Run Semantica as ${nameOf(found.uid)}, or name another folder with SEMANTICA_HOME.`,
	);
}

// What cannot be looked at cannot be used either, and whoever uses it says why.
function lookAt(path: string, look: (path: string) => Stats = statSync) {
	try {
		return look(path);
	} catch {
		return undefined;
	}
}

/** As a person knows them. Node tells the name of nobody but ourselves, and of those without an entry not even that. */
function nameOf(uid: number): string {
	if (uid === 0) return 'root';
	try {
		const line = readFileSync('/etc/passwd', 'utf8')
			.split('\n')
			.find((entry) => entry.split(':')[2] === String(uid));
		if (line !== undefined) return `${line.split(':')[0]} (uid ${uid})`;
	} catch {
		// No such file: the number has to do.
	}
	return `the user with uid ${uid}`;
}
