/**
 * Where values stand in JSON text, for who must pass one on as it was written: parsing and writing again changes
 * digits beyond what a double holds, −0, and the order of names that are numbers. For text that JSON.parse took.
 */

export interface JsonPlace {
	readonly start: number;
	readonly end: number;
}

export interface JsonMember extends JsonPlace {
	readonly name: string;
}

/** The members of the object that begins at `at`, in the order in which they are written. */
export function* jsonMembers(text: string, at: number): Generator<JsonMember> {
	let next = skipSpace(text, at + 1);
	while (text[next] === '"') {
		const nameEnd = endOfString(text, next);
		const name = JSON.parse(text.slice(next, nameEnd)) as string;
		const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
		const end = endOfValue(text, start);
		yield { name, start, end };
		next = skipSpace(text, skipSpace(text, end) + 1);
	}
}

/** The items of the array that begins at `at`. */
export function* jsonItems(text: string, at: number): Generator<JsonPlace> {
	let start = skipSpace(text, at + 1);
	while (start < text.length && text[start] !== ']') {
		const end = endOfValue(text, start);
		yield { start, end };
		const comma = skipSpace(text, end);
		if (text[comma] !== ',') return;
		start = skipSpace(text, comma + 1);
	}
}

/** The member of that name which JSON.parse takes: the last. */
export function jsonMember(text: string, at: number, name: string): JsonPlace | undefined {
	let found: JsonPlace | undefined;
	for (const member of jsonMembers(text, at)) if (member.name === name) found = member;
	return found;
}

const NOT_SPACE = /[^ \t\r\n]|$/g;

export function skipSpace(text: string, at: number): number {
	NOT_SPACE.lastIndex = at;
	return NOT_SPACE.exec(text)?.index ?? text.length;
}

function endOfString(text: string, at: number): number {
	for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
		let backslashes = 0;
		while (text[quote - 1 - backslashes] === '\\') backslashes++;
		if (backslashes % 2 === 0) return quote + 1;
	}
	return text.length;
}

const BRACKET_OR_STRING = /["[\]{}]/g;
const AFTER_SCALAR = /[ \t\r\n,\]}]|$/g;

function endOfValue(text: string, at: number): number {
	const first = text[at];
	if (first === '"') return endOfString(text, at);
	if (first !== '{' && first !== '[') {
		AFTER_SCALAR.lastIndex = at;
		return AFTER_SCALAR.exec(text)?.index ?? text.length;
	}
	let depth = 0;
	for (let next = at; next < text.length; ) {
		BRACKET_OR_STRING.lastIndex = next;
		const found = BRACKET_OR_STRING.exec(text);
		if (found === null) break;
		next = found.index + 1;
		if (found[0] === '"') next = endOfString(text, found.index);
		else depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
		if (depth === 0) return next;
	}
	return text.length;
}
