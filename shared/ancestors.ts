/**
 * The folders above a place (docs/security.md): whoever may rename in one of them may put another folder in its place.
 * Judged as sshd does, as far as the home folder; what is above that is the administrator's.
 */
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
/** Only owners rename or remove what is in it: /tmp. */
const STICKY = 0o1000;
const MOST_LINKS = 40;

export interface Doubtful {
	readonly folder: string;
	/** Undefined: it is not its owner, but others who may write in it. */
	readonly owner: number | undefined;
}

export interface Judge {
	readonly uid: number;
	/** Trusted beside us and root. */
	readonly unmapped: number;
	/** Above it nothing is looked at. */
	readonly home: string | undefined;
}

/** The first folder above `path`, or above a link on the way to it, in which others may put something else in its place. */
export function doubtfulAbove(path: string, judge: Judge): Doubtful | undefined {
	let links = 0;

	function above(entry: string): Doubtful | undefined {
		const folder = dirname(entry);
		if (folder === entry) return undefined;
		const found = folder === judge.home ? undefined : above(folder);
		return found ?? doubt(folder, entry) ?? behind(entry);
	}

	/** Where a link leads, others may have been before us. */
	function behind(entry: string): Doubtful | undefined {
		if (look(entry)?.isSymbolicLink() !== true || ++links > MOST_LINKS) return undefined;
		return above(resolve(dirname(entry), readlinkSync(entry)));
	}

	function doubt(folder: string, entry: string): Doubtful | undefined {
		const stats = look(folder);
		// A link is judged where it leads.
		if (stats === undefined || stats.isSymbolicLink()) return undefined;
		const isOurs = (uid: number) => uid === judge.uid || uid === 0 || uid === judge.unmapped;
		if (!isOurs(stats.uid)) return { folder, owner: stats.uid };
		if (!mayOthersWrite(stats, judge.uid)) return undefined;
		if ((stats.mode & STICKY) === 0) return { folder, owner: undefined };
		const owner = look(entry)?.uid ?? judge.uid;
		return isOurs(owner) ? undefined : { folder, owner };
	}

	return above(path);
}

function mayOthersWrite({ mode, gid }: Stats, uid: number): boolean {
	if ((mode & OTHERS_WRITE) !== 0) return true;
	return (mode & GROUP_WRITE) !== 0 && !isOnlyOurs(gid, uid);
}

/** Many systems give each user a group of their own, and let it write. */
function isOnlyOurs(gid: number, uid: number): boolean {
	if (gid === 0) return true;
	const users = lines('/etc/passwd').filter((fields) => Number(fields[3]) === gid);
	const group = lines('/etc/group').find((fields) => Number(fields[2]) === gid);
	const own = users.find((fields) => Number(fields[2]) === uid)?.[0];
	if (own === undefined || group === undefined || users.length > 1) return false;
	return (group[3] ?? '').split(',').every((member) => member === '' || member === own);
}

function lines(file: string): string[][] {
	try {
		return readFileSync(file, 'utf8')
			.split('\n')
			.map((line) => line.split(':'));
	} catch {
		return [];
	}
}

// What cannot be looked at cannot be used either, and whoever uses it says why.
function look(path: string): Stats | undefined {
	try {
		return lstatSync(path);
	} catch {
		return undefined;
	}
}
