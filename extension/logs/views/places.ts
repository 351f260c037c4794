/** The places in files that a line of a log names: `src/a.ts:3:5`, `a.ts(3,5)`, `File "a.py", line 3`. */
export interface NamedPlace {
	/** Where it stands in the line. */
	readonly start: number;
	readonly length: number;
	readonly path: string;
	/** Counted from 1. */
	readonly line?: number;
	readonly column?: number;
}

/** Longer lines are not made for people; and a path is not longer than this. */
const LONGEST_LINE = 4_000;
const LONGEST_PATH = 1_024;

const WORDS = /[^\s"'`<>|]+/g;
const PYTHON = /File "([^"]{1,1024})", line (\d{1,7})/g;
const POSITION = /(?::(\d{1,7})(?::(\d{1,7}))?|\((\d{1,7})(?:,(\d{1,7}))?\)):?$/;

export function placesIn(text: string): NamedPlace[] {
	const line = text.slice(0, LONGEST_LINE);
	const found: NamedPlace[] = [];
	for (const { index, 0: said, 1: path = '', 2: number } of line.matchAll(PYTHON)) {
		if (OF_OTHER_COMPUTER.test(path)) continue;
		found.push({ start: index, length: said.length, path, line: Number(number) });
	}
	for (const { index, 0: word } of line.matchAll(WORDS)) {
		if (found.some(({ start, length }) => index >= start && index < start + length)) continue;
		const place = placeOf(word, index);
		if (place !== undefined) found.push(place);
	}
	return found;
}

function placeOf(word: string, index: number): NamedPlace | undefined {
	let from = 0;
	while ('([{'.includes(word.charAt(from)) && from < word.length) from++;
	let to = word.length;
	// A bracket at the end belongs to the place where it closes one, as in a.ts(3,5).
	while (to > from && ',.;'.includes(word.charAt(to - 1))) to--;
	while (to > from && ')]}'.includes(word.charAt(to - 1)) && !closesPosition(word, to)) to--;
	while (to > from && ',.;'.includes(word.charAt(to - 1))) to--;
	const said = word.slice(from, to);
	// Only the end is looked at, so that no word takes long.
	const end = said.slice(-40);
	const position = POSITION.exec(end);
	const cut = position === null ? said.length : said.length - end.length + position.index;
	const path = pathIn(said.slice(0, cut).replace(/:$/, ''));
	if (path === undefined) return undefined;
	const line = position?.[1] ?? position?.[3];
	const column = position?.[2] ?? position?.[4];
	return {
		start: index + from,
		length: said.replace(/:$/, '').length,
		path,
		...(line === undefined ? {} : { line: Number(line) }),
		...(column === undefined ? {} : { column: Number(column) }),
	};
}

const closesPosition = (word: string, to: number): boolean =>
	/\(\d{1,7}(?:,\d{1,7})?\)$/.test(word.slice(Math.max(0, to - 20), to));

/** Windows asks the computer that such a path names, with the person's credentials: a log does not make it do that. */
const OF_OTHER_COMPUTER = /^[/\\]{2}/;

/** What looks like a path; of addresses only those of files. */
function pathIn(said: string): string | undefined {
	const path = localPathIn(said);
	return path === undefined || OF_OTHER_COMPUTER.test(path) ? undefined : path;
}

function localPathIn(said: string): string | undefined {
	if (said.startsWith('file://')) {
		try {
			return decodeURIComponent(new URL(said).pathname).replace(/^\/([A-Za-z]:)/, '$1');
		} catch {
			return undefined;
		}
	}
	if (said === '' || said.length > LONGEST_PATH || said.includes('://')) return undefined;
	// A bare word is a file only where it has an extension.
	return /[/\\]./.test(said) || /[^.]\.[A-Za-z]\w{0,9}$/.test(said) ? said : undefined;
}
