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
/** Files of which only the name is known, beside the others. */
export const NAMES_LOOKED_AT = 10;
/** Of as good a name as another file's. */
const SKIPPED_PRIOR = -0.5;
/** What the index's rank and the file's name count for, beside the best line. */
const RANK_SHARE = 0.5;
const NAME_SHARE = 0.3;

export interface Seen {
	/** Made only where it is shown. */
	hit(): Hit;
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
): Promise<((() => Hit) | undefined)[]> {
	const meant = meantBy(words);
	const most = words.length > 1 ? REORDERED : REORDERED_AT_MOST;
	const seen: { readonly value: number; readonly found: Seen | undefined }[] = [];
	const scores = candidates.map(({ score }) => score).sort((a, b) => b - a);
	const top = scores[0] ?? 1;
	let isFound = false;
	let looked = 0;
	let bytes = 0;
	for (const candidate of candidates.slice(0, most + NAMES_LOOKED_AT)) {
		if (bytes > REORDERED_BYTES || looked >= most || (looked >= REORDERED && isFound)) break;
		if (candidate.skipped === undefined) looked++;
		if (clock.isOver()) break;
		await clock.breathe();
		const found = look(candidate);
		bytes += found?.bytes ?? 0;
		isFound ||= found !== undefined && found.worth >= meant;
		seen.push({
			value: found === undefined ? -1 : weigh(candidate, found, top),
			found,
		});
	}
	// Scores stay those of the places, so that they fall from the first hit to the last.
	const order = seen.toSorted((a, b) => b.value - a.value);
	return order.map(
		({ found }, place) => found && (() => ({ ...found.hit(), score: scores[place] ?? 0 })),
	);
}

function weigh(
	{ score, path, skipped }: Candidate,
	{ worth, nameWorth }: Seen,
	top: number,
): number {
	const shown = Math.max(worth, nameWorth) + NAME_SHARE * nameWorth;
	const prior = priorOf(path) + (skipped === undefined ? 0 : SKIPPED_PRIOR);
	return shown + (RANK_SHARE * score) / top + prior;
}
