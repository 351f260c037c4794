/** A file that is ours by being open, and whether its name still leads to it. */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';

export interface HeldFile {
	/** `gone`: the name leads nowhere; `replaced`: to another file. */
	look(): 'held' | 'gone' | 'replaced';
	/** POSIX: with it the process loses every lock that it has on the file. */
	close(): void;
}

/**
 * The file that has this name now. Its number is asked for anew at each look: on some file systems it changes.
 * @throws Node's error where it cannot be opened.
 */
export function holdFile(file: string): HeldFile {
	const fd = openSync(file, 'r');
	return {
		look() {
			const found = statSync(file, { throwIfNoEntry: false });
			if (found === undefined) return 'gone';
			const own = fstatSync(fd);
			return found.ino === own.ino && found.dev === own.dev ? 'held' : 'replaced';
		},
		close: () => closeSync(fd),
	};
}
