/**
 * The Node that index jobs and maintenance run on. Servers are updated, versions are uninstalled, caches emptied:
 * the program that the daemon was started with may be gone while the daemon goes on.
 */
import { existsSync } from 'node:fs';

export interface NodeProgram {
	/** One that is there, if any is. */
	path(): string;
	/** In a sentence, where the daemon's own is gone. */
	problem(): string | undefined;
	/** A client says what it runs on. */
	offered(execPath: string): void;
}

export interface NodeProgramOptions {
	/** What the daemon was started with. */
	readonly own: string;
	/** Linux: runs what a process was started from, though the file has been removed. */
	readonly image: string | undefined;
	readonly exists?: (file: string) => boolean;
}

/** Clients come and go, most with the same few programs. */
const MAX_OFFERS = 16;

export function createNodeProgram({
	own,
	image,
	exists = existsSync,
}: NodeProgramOptions): NodeProgram {
	/** The latest last. */
	const offers = new Set<string>();

	function substitute(): string | undefined {
		const offer = [...offers].reverse().find(exists);
		if (offer !== undefined) return offer;
		return image !== undefined && exists(image) ? image : undefined;
	}

	return {
		path: () => (exists(own) ? own : (substitute() ?? own)),
		problem() {
			if (exists(own)) return undefined;
			const found = substitute();
			const meanwhile =
				found === undefined
					? 'Index jobs fail until the daemon runs on another one.'
					: `Index jobs run on ${found === image ? 'what the daemon still holds of it' : found} meanwhile.`;
			return `The Node that the daemon was started with, ${own}, has been removed. ${meanwhile}`;
		},
		offered(execPath) {
			offers.delete(execPath);
			offers.add(execPath);
			if (offers.size <= MAX_OFFERS) return;
			for (const oldest of offers) {
				offers.delete(oldest);
				break;
			}
		},
	};
}
