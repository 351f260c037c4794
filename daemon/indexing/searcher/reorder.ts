/** The order of the best candidates by what their files say, which the index does not know. */
import type { Hit } from '../../../shared/protocol/indexing.ts';
import { WORTH_OF_DEFINITION, WORTH_OF_WORD } from '../words/locate.ts';
import { priorOf } from '../words/paths.ts';
import type { QueryWord } from '../words/query.ts';
import type { SearchClock } from './clock.ts';
import type { Candidate } from './ranking.ts';

/** So many of the best are looked into before any is shown; of one word more while none has what is meant. */
const REORDERED = 60;
export const REORDERED_AT_MOST = 240;
/** Large files are not read by the dozen before the first hit is shown. */
const REORDERED_BYTES = 16 * 1024 * 1024;
/** What the index's rank and the file's name count for, beside the best line. */
const RANK_SHARE = 0.5;
const NAME_SHARE = 0.3;

export interface Seen {
	readonly hit: Hit;
	/** See `Found`; of the name of the file, too. 0 where no word is to be seen. */
	readonly worth: number;
	readonly nameWorth: number;
	readonly bytes: number;
}

/** What the best hit is worth at least: of a name, by its looks, a definition; else the word as it was typed. */
function meantBy(words: readonly QueryWord[]): number {
	const [word, other] = words;
	const isName =
		other === undefined &&
		word !== undefined &&
		(word.parts.length > 1 || word.text !== word.text.toLowerCase());
	return isName ? WORTH_OF_DEFINITION : WORTH_OF_WORD;
}

/**
 * The first candidates, the word as typed before others of its stem, where it is defined before where it is used.
 * Undefined ones have nothing to show, and come last.
 */
export async function bestFirst(
	candidates: readonly Candidate[],
	look: (candidate: Candidate) => Seen | undefined,
	words: readonly QueryWord[],
	clock: SearchClock,
): Promise<(Hit | undefined)[]> {
	const meant = meantBy(words);
	const most = words.length > 1 ? REORDERED : REORDERED_AT_MOST;
	const seen: { readonly value: number; readonly hit: Hit | undefined }[] = [];
	const top = candidates[0]?.score ?? 1;
	let isFound = false;
	let bytes = 0;
	for (const candidate of candidates.slice(0, most)) {
		if (bytes > REORDERED_BYTES || (seen.length >= REORDERED && isFound)) break;
		if (clock.isOver()) break;
		await clock.breathe();
		const found = look(candidate);
		bytes += found?.bytes ?? 0;
		isFound ||= found !== undefined && found.worth >= meant;
		seen.push({
			value: found === undefined ? -1 : weigh(candidate, found, top),
			hit: found?.hit,
		});
	}
	// Scores stay those of the places, so that they fall from the first hit to the last.
	const order = seen.toSorted((a, b) => b.value - a.value);
	return order.map(({ hit }, place) => hit && { ...hit, score: candidates[place]?.score ?? 0 });
}

function weigh({ score, path }: Candidate, { worth, nameWorth }: Seen, top: number): number {
	const shown = Math.max(worth, nameWorth) + NAME_SHARE * nameWorth;
	return shown + (RANK_SHARE * score) / top + priorOf(path);
}
