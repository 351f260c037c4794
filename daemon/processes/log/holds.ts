/** Readers that a job's output waits for, so that a log which keeps little loses nothing of what they read. */
import type { LogHold } from '../../queue/ports/logs.ts';
import { TAIL_BYTES, TAIL_SEGMENT_BYTES } from './segments.ts';

/** Whoever is less far behind finds everything kept. */
const KEPT_BYTES = TAIL_BYTES - TAIL_SEGMENT_BYTES;
/** A reader that takes nothing for so long is not waited for any more: the job comes first. */
const PATIENCE_MS = 10_000;

export interface Holds {
	hold(id: string, offset: number): LogHold;
	/** Resolves when all that hold the log of this job will find what stands before `end`; at once if none does. */
	room(id: string, end: number): Promise<void> | undefined;
}

interface Holder {
	offset: number;
}

export function createHolds(patienceMs: number = PATIENCE_MS): Holds {
	const holders = new Map<string, Set<Holder>>();
	/** Who waits until a reader has moved. */
	const waiting = new Map<string, Set<() => void>>();

	const behind = (id: string, end: number): Holder[] =>
		[...(holders.get(id) ?? [])].filter(({ offset }) => end - offset > KEPT_BYTES);

	function wake(id: string): void {
		for (const go of waiting.get(id) ?? []) go();
		waiting.delete(id);
	}

	function remove(id: string, holder: Holder): void {
		const all = holders.get(id);
		all?.delete(holder);
		if (all?.size === 0) holders.delete(id);
		wake(id);
	}

	/** False when nobody moved in time. */
	function movement(id: string): Promise<boolean> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => resolve(false), patienceMs);
			const all = waiting.get(id) ?? new Set();
			waiting.set(id, all);
			all.add(() => {
				clearTimeout(timer);
				resolve(true);
			});
		});
	}

	async function untilRoom(id: string, end: number): Promise<void> {
		for (let late = behind(id, end); late.length > 0; late = behind(id, end)) {
			if (!(await movement(id))) for (const holder of late) remove(id, holder);
		}
	}

	return {
		hold(id, offset) {
			const holder = { offset };
			const all = holders.get(id) ?? new Set();
			holders.set(id, all);
			all.add(holder);
			return {
				moved(to) {
					holder.offset = to;
					wake(id);
				},
				release: () => remove(id, holder),
			};
		},
		room: (id, end) => (holders.has(id) ? untilRoom(id, end) : undefined),
	};
}
