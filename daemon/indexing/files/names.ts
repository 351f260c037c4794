/** File names as bytes, made paths: what is not UTF-8 no client could name again. */
import { isUtf8 } from 'node:buffer';

export interface Names {
	readonly paths: string[];
	/** Names that are not UTF-8, made printable. */
	readonly unprintable: string[];
	/** Folders of which nobody knows what is in them. */
	readonly unreadable: string[];
}

export const noNames = (): Names => ({ paths: [], unprintable: [], unreadable: [] });

/** Takes a name that ends in a slash, as git writes those of folders, without it. */
export function addName(names: Names, prefix: string, name: Buffer): void {
	if (isUtf8(name)) names.paths.push(prefix + withoutSlash(name.toString()));
	else names.unprintable.push(prefix + printable(name));
}

/** How git marks, in front of a name and a blank, what it does not track. */
const UNTRACKED = '?';
const TAG_LENGTH = 2;

/**
 * The names in `bytes`, each behind a tag and ended by a NUL; of those that git does not track, the ones that
 * `isLeftOut` lets in.
 */
export function namesIn(bytes: Buffer, isLeftOut: (path: string) => boolean): Names {
	const names = noNames();
	if (isUtf8(bytes)) {
		// Thousands at once: as good as always possible, and several times faster than one by one.
		for (const entry of bytes.toString().split('\0')) {
			if (entry === '') continue;
			const path = withoutSlash(entry.slice(TAG_LENGTH));
			if (!entry.startsWith(UNTRACKED) || !isLeftOut(path)) names.paths.push(path);
		}
		return names;
	}
	for (let start = 0; start < bytes.length; ) {
		const end = bytes.indexOf(0, start);
		const name = bytes.subarray(start + TAG_LENGTH, end);
		const isTracked = bytes[start] !== UNTRACKED.charCodeAt(0);
		if (isTracked || !isLeftOut(withoutSlash(name.toString()))) addName(names, '', name);
		start = end + 1;
	}
	return names;
}

const withoutSlash = (name: string): string => (name.endsWith('/') ? name.slice(0, -1) : name);

/** Bytes above ASCII as git prints them; the slash in front keeps it apart from every real path. */
function printable(name: Buffer): string {
	const text = name.toString('latin1').replace(/[^ -~]/g, (char) => {
		return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
	});
	return `/${text}`;
}
