/**
 * Which rows have to be drawn anew. A row that is takes its tooltip with it, so one that looks the same is left
 * alone, progress is shown only now and then, and other words wait while somebody reads the tooltip.
 */
import type { TreeItem } from 'vscode';

export interface RowLook {
	/** All of it but the description. */
	readonly shape: string;
	readonly description: string;
}

export type Redraw = 'no' | 'now' | 'in time';

/** Long enough to read a tooltip; the editor tells when one is wanted, not when it closes. */
export const READING_MS = 15_000;

export class Redraws {
	readonly #drawn = new Map<string, RowLook>();
	/** When the tooltip of a row was asked for. */
	readonly #read = new Map<string, number>();
	readonly #now: () => number;

	/** @param now Monotonic ms. */
	constructor(now: () => number) {
		this.#now = now;
	}

	drawn(id: string, look: RowLook): void {
		this.#drawn.set(id, look);
	}

	/** Somebody looks at the row's tooltip. */
	read(id: string): void {
		this.#read.set(id, this.#now());
	}

	isRead(id: string): boolean {
		return this.#now() - (this.#read.get(id) ?? Number.NEGATIVE_INFINITY) < READING_MS;
	}

	forget(id: string): void {
		this.#drawn.delete(id);
		this.#read.delete(id);
	}

	/** @param progresses Whether the description may only say how far the job is. */
	needed(id: string, look: RowLook, progresses: boolean): Redraw {
		const drawn = this.#drawn.get(id);
		if (drawn === undefined || drawn.shape !== look.shape) return 'now';
		if (drawn.description === look.description) return 'no';
		return progresses || this.isRead(id) ? 'in time' : 'now';
	}
}

export function lookOf({
	label,
	iconPath,
	contextValue,
	collapsibleState,
	command,
	description,
}: TreeItem) {
	const shape = [label, iconPath, contextValue, collapsibleState, command !== undefined];
	return { shape: JSON.stringify(shape), description: String(description) };
}
