/** Merges in the time that nobody needs: when an indexer has had nothing to do for a moment. It may be killed in any of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createCatalogue } from '../catalogue/catalogue.ts';
import { type IndexHome, openIndex } from '../catalogue/database.ts';
import { DATABASE_FILE, indexFolder } from '../catalogue/location.ts';
import { createSegmentTable } from '../catalogue/segments.ts';
import { createSegments } from './segments.ts';

export interface IdleMerges {
	/** A job is being done. */
	began(): void;
	ended(): void;
	/** The index of this folder has segments to merge. */
	later(workspace: string): void;
}

/** Saves come one after the other: between them nothing else begins. */
const QUIET_MS = 1000;

/** @param step Does one merge, and says whether there may be another one. */
export function createIdleMerges(step: (workspace: string) => boolean): IdleMerges {
	const waiting = new Set<string>();
	let running = 0;
	let timer: NodeJS.Timeout | undefined;

	const one = (): void => {
		const [workspace] = waiting;
		if (workspace === undefined) return;
		// What fails here fails again in the next job's own way, or is made good by a walk.
		let more = false;
		try {
			more = step(workspace);
		} catch {}
		if (!more) waiting.delete(workspace);
		// What was handed over meanwhile comes first.
		timer = setTimeout(one, 0).unref();
	};
	return {
		began() {
			running++;
			clearTimeout(timer);
		},
		ended() {
			running--;
			clearTimeout(timer);
			if (running === 0) timer = setTimeout(one, QUIET_MS).unref();
		},
		later(workspace) {
			waiting.add(workspace);
		},
	};
}

/** @returns Whether it merged anything. */
export function mergeOnce(home: IndexHome, workspace: string): boolean {
	const folder = indexFolder(home.paths, workspace);
	// Deleted since.
	if (!existsSync(join(folder, DATABASE_FILE))) return false;
	const db = openIndex(home, workspace);
	try {
		return createSegments(folder, createCatalogue(db), createSegmentTable(db)).mergeSome();
	} finally {
		db.close();
	}
}
