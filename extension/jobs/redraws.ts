/**
 * Which rows have to be drawn anew. A row that is takes its tooltip with it, so one that looks the same is left
 * alone, and progress is shown only now and then.
 */
export interface RowLook {
	/** All of it but the description. */
	readonly shape: string;
	readonly description: string;
}

export type Redraw = 'no' | 'now' | 'in time';

export class Redraws {
	readonly #drawn = new Map<string, RowLook>();

	drawn(id: string, look: RowLook): void {
		this.#drawn.set(id, look);
	}

	forget(id: string): void {
		this.#drawn.delete(id);
	}

	/** @param progresses Whether the description may only say how far the job is. */
	needed(id: string, look: RowLook, progresses: boolean): Redraw {
		const drawn = this.#drawn.get(id);
		if (drawn === undefined || drawn.shape !== look.shape) return 'now';
		if (drawn.description === look.description) return 'no';
		return progresses ? 'in time' : 'now';
	}
}
