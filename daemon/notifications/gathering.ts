/** Many ends at once are told as one: the first a moment later, what follows it a while after that. */
import { NAMED_ENDS } from '../../shared/protocol/notify.ts';
import type { Clock, Timer } from '../queue/ports/clock.ts';
import type { ToldEnd } from '../queue/store/tx.ts';

/** What ends together comes within that. */
const MOMENT_MS = 300;
/** Between two times that a person is told. */
const WHILE_MS = 5000;

export interface Gathered {
	/** Of some of them, those that failed first. */
	readonly ids: readonly string[];
	readonly count: number;
	readonly failed: number;
}

export interface Gathering {
	add(ends: readonly ToldEnd[]): void;
	/** Tells now what is there. */
	flush(): void;
}

/** @param tell False where nobody can be told now: it is kept for the next time. */
export function createGathering(clock: Clock, tell: (gathered: Gathered) => boolean): Gathering {
	let good: string[] = [];
	let bad: string[] = [];
	let count = 0;
	let failed = 0;
	let timer: Timer | undefined;
	let toldAt = Number.NEGATIVE_INFINITY;

	function flush(): void {
		timer?.cancel();
		timer = undefined;
		const ids = [...bad, ...good].slice(0, NAMED_ENDS);
		if (count === 0 || !tell({ ids, count, failed })) return;
		good = [];
		bad = [];
		count = 0;
		failed = 0;
		toldAt = clock.monotonic();
	}

	return {
		add(ends) {
			for (const end of ends) {
				const like = end.failed ? bad : good;
				if (like.length < NAMED_ENDS) like.push(end.id);
				count++;
				if (end.failed) failed++;
			}
			timer ??= clock.after(Math.max(MOMENT_MS, toldAt + WHILE_MS - clock.monotonic()), flush);
		},
		flush,
	};
}
