/** What it would take to embed a folder, before anything is sent. */
import type { MeaningCost } from '../../../shared/protocol/meaning.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { IndexHome } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import type { Scope } from '../files/scope.ts';
import type { SearchClock } from '../searcher/clock.ts';
import { BATCH, chunksAsIndexed, indexedFiles, MOST_CHUNKS } from './pending.ts';
import { isThere, meaningFolder } from './segmentFiles.ts';
import { readMeaningNumbers, readMeaningStore } from './store.ts';

/** Roughly, of text in most languages and of code. */
const CHARACTERS_PER_TOKEN = 4;

export interface PlanOptions {
	readonly home: IndexHome;
	readonly workspace: string;
	readonly index: Sqlite;
	readonly scope: Scope;
	readonly model: string;
	/** When it is over, the rest is reckoned by what was read. */
	readonly clock: SearchClock;
}

export async function planOf(options: PlanOptions): Promise<MeaningCost> {
	const { home, workspace, index, scope, model, clock } = options;
	const folder = meaningFolder(indexFolder(home.paths, workspace));
	const known = isThere(folder)
		? readMeaningStore(home, folder, (db) => ({
				model: readMeaningNumbers(db)?.model,
				keys: new Set(
					db
						.prepare<[], Buffer>('SELECT key FROM vectors')
						.pluck()
						.all()
						.map((key) => key.toString('latin1')),
				),
			}))
		: undefined;
	const keys = known?.model === model ? known.keys : new Set<string>();
	const all = [...indexedFiles(index)];
	let read = 0;
	let chunks = 0;
	let embedded = 0;
	let characters = 0;
	const seen = new Set<string>();
	for (const [path, hash] of all) {
		if (clock.isOver()) break;
		await clock.breathe();
		read++;
		for (const { key, text } of chunksAsIndexed(index, scope, path, hash, model) ?? []) {
			const id = key.toString('latin1');
			if (seen.has(id)) continue;
			seen.add(id);
			if (keys.has(id)) {
				embedded++;
				continue;
			}
			chunks++;
			characters += text.length;
		}
	}
	const share = read === 0 ? 1 : all.length / read;
	const reckoned = (count: number): number => Math.round(count * share);
	const total = Math.min(MOST_CHUNKS, reckoned(chunks));
	return {
		files: all.length,
		chunks: total,
		embedded: reckoned(embedded),
		characters: reckoned(characters),
		tokens: Math.ceil(reckoned(characters) / CHARACTERS_PER_TOKEN),
		requests: Math.ceil(Math.max(total / BATCH.texts, reckoned(characters) / BATCH.characters)),
		approximate: read < all.length,
		...(known?.model === undefined || known.model === model ? {} : { replaces: known.model }),
	};
}
