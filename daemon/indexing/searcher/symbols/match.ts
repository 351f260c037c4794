/** How well a name answers what was typed. */

/** What was typed: a name, or a name and what it is a part of. */
export interface NameQuery {
	/** In lower case; all of them must be there. The first is looked for in names. */
	readonly terms: readonly string[];
	/** The first, as it was typed. */
	readonly typed: string;
	/** In lower case; '' for any. */
	readonly container: string;
}

const SEPARATOR = /::|[.#/>]|->/;
/** Worth of a match: all of a name before its beginning, that before the beginning of a part, that before any place. */
const EXACT = 100;
const SAME_LETTERS = 95;
const BEGINNING = 80;
const HUMPS = 60;
const PART = 55;
const INSIDE = 40;
const SAME_CASE = 2;
/** The longer the name, the less of it was typed. */
const PER_UNIT = 0.4;
const UNITS = 30;

export function readNames(texts: readonly string[]): NameQuery | undefined {
	const words = texts
		.flatMap((text) => text.normalize('NFC').split(/\s+/))
		.map((word) => word.replace(/\(.*$/, ''))
		.filter((word) => word !== '')
		.sort((a, b) => b.length - a.length);
	const [first, ...others] = words;
	if (first === undefined) return undefined;
	const pieces = first.split(SEPARATOR).filter((piece) => piece !== '');
	const typed = pieces.at(-1) ?? first;
	const container = pieces.length > 1 ? (pieces.at(-2) ?? '') : '';
	return {
		terms: [foldName(typed), ...others.map(foldName)],
		typed,
		container: foldName(container),
	};
}

/** Lower case, unit for unit. */
export function foldName(name: string): string {
	const lower = name.toLowerCase();
	return lower.length === name.length ? lower : name.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/** The higher the better; 0 where it is none. */
export function worthOf(name: string, query: NameQuery): number {
	const [wanted = '', ...others] = query.terms;
	const folded = foldName(name);
	if (!others.every((term) => folded.includes(term))) return 0;
	const longer = Math.min(UNITS, name.length - wanted.length) * PER_UNIT;
	if (name === query.typed) return EXACT;
	if (folded === wanted) return SAME_LETTERS;
	// A sign in front of a name is no part of it.
	const begin = /^[_$#~@]*/.exec(name)?.[0].length ?? 0;
	if (folded.slice(begin) === wanted) return SAME_LETTERS - 1;
	if (folded.startsWith(wanted, begin)) {
		return BEGINNING + (name.startsWith(query.typed, begin) ? SAME_CASE : 0) - longer;
	}
	let best = 0;
	for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, at + 1)) {
		const sameCase = name.startsWith(query.typed, at) ? SAME_CASE : 0;
		best = Math.max(best, (beginsPart(name, at) ? PART : INSIDE) + sameCase - longer);
		if (best > PART - UNITS) break;
	}
	if (best === 0 && isHumps(name, wanted)) return Math.max(1, HUMPS - longer);
	return Math.max(best, best === 0 ? 0 : 1);
}

const beginsPart = (name: string, at: number): boolean =>
	at === 0 ||
	!/[\p{L}\p{N}]/u.test(name.charAt(at - 1)) ||
	(/\p{Lu}/u.test(name.charAt(at)) && !/\p{Lu}/u.test(name.charAt(at - 1)));

/** Whether what was typed are beginnings of the parts of a name: `gfn` and `getfina` of getFileName. */
function isHumps(name: string, wanted: string): boolean {
	const folded = foldName(name);
	if (folded.charAt(0) !== wanted.charAt(0) || wanted.length > 32) return false;
	/** Where in the name what was typed so far may have ended. */
	let ends = new Set([1]);
	for (let typed = 1; typed < wanted.length; typed++) {
		const next = new Set<number>();
		for (const end of ends) {
			if (folded[end] === wanted[typed]) next.add(end + 1);
			for (let at = end; at < name.length; at++) {
				if (folded[at] === wanted[typed] && beginsPart(name, at)) next.add(at + 1);
			}
		}
		if (next.size === 0) return false;
		ends = next;
	}
	return true;
}
