/**
 * Looking at paths that somebody else named. A file system that does not answer (a dead network disk, a FUSE
 * program that hangs) keeps one of libuv's threads for as long as it likes: only some may be lost so, few of them to
 * one place, and nobody waits longer than the limit.
 */
import { SemanticaError } from '../../shared/errors.ts';

const LIMIT_MS = 30_000;
/** libuv makes four where nobody says otherwise; some stay for our own files. */
const AT_ONCE = Math.max(1, Math.floor(((Number(process.env['UV_THREADPOOL_SIZE']) || 4) * 3) / 4));
const AT_ONE_PLACE = 2;

export interface Looks {
	/** @throws SemanticaError VALIDATION where there is no answer in time; else what `look` throws. */
	at<T>(path: string, look: () => Promise<T>, limitMs?: number): Promise<T>;
	/** How many have begun and not been answered, however long ago. */
	readonly open: number;
}

interface Turn {
	readonly path: string;
	readonly begin: () => void;
}

export function createLooks(atOnce: number, atOnePlace: number): Looks {
	const open = new Set<Turn>();
	const waiting: Turn[] = [];

	function mayBegin(path: string): boolean {
		if (open.size >= atOnce) return false;
		const turns = [...open];
		return !turns.some(({ path: place }) => {
			const isFull = () => turns.filter((turn) => isIn(turn.path, place)).length >= atOnePlace;
			return isIn(path, place) && isFull();
		});
	}

	function beginNext(): void {
		const next = waiting.findIndex(({ path }) => mayBegin(path));
		if (next >= 0) waiting.splice(next, 1)[0]?.begin();
	}

	return {
		at(path, look, limitMs = LIMIT_MS) {
			return new Promise((resolve, reject) => {
				const turn: Turn = {
					path,
					begin() {
						open.add(turn);
						const done = () => {
							clearTimeout(timer);
							open.delete(turn);
							beginNext();
						};
						look().finally(done).then(resolve, reject);
					},
				};
				const timer = setTimeout(() => {
					const at = waiting.indexOf(turn);
					if (at >= 0) waiting.splice(at, 1);
					reject(silent(path, limitMs));
				}, limitMs);
				if (mayBegin(path)) turn.begin();
				else waiting.push(turn);
			});
		},
		get open() {
			return open.size;
		},
	};
}

// What is inside of a folder that does not answer does not either.
function isIn(path: string, folder: string): boolean {
	return path === folder || path.startsWith(`${folder}/`);
}

function silent(path: string, limitMs: number): SemanticaError {
	return new SemanticaError(
		'VALIDATION',
		`${path} did not answer within ${Math.round(limitMs / 1000)} s. Is it on a network disk, or another mount, that hangs?`,
	);
}

const looks = createLooks(AT_ONCE, AT_ONE_PLACE);
export const answering = looks.at;
/** True while a look has not been answered: its thread cannot be waited for. */
export const isLooking = (): boolean => looks.open > 0;
