/** What every line that matches a pattern has, in trigrams. Where that is not certain: anything. */
import { allOf, anyOf, type KeyQuery, keysAll } from '../../segments/keyQuery.ts';
import { trigramsOf } from '../../segments/trigrams.ts';

/** Texts that a part of a pattern can be, where they are few; else only what they have in common. */
interface Part {
	readonly exact: readonly string[] | undefined;
	readonly keys: KeyQuery;
}

const MOST_TEXTS = 16;
const ANYTHING: Part = { exact: undefined, keys: 'any' };
const NOTHING: Part = { exact: [''], keys: 'any' };

const keysOf = (part: Part): KeyQuery =>
	part.exact === undefined ? part.keys : anyOf(part.exact.map((text) => keysAll(trigramsOf(text))));

/** @param pattern In RE2's syntax, and valid. */
export function keysOfRegex(pattern: string): KeyQuery {
	// Its text is not divided into pieces by what only quotes it.
	if (pattern.includes('\\Q')) return 'any';
	const [part, end] = alternatives([...pattern], 0);
	return end === [...pattern].length ? keysOf(part) : 'any';
}

type Parsed = readonly [part: Part, end: number];

function alternatives(chars: readonly string[], start: number): Parsed {
	const parts: Part[] = [];
	let at = start;
	for (;;) {
		const [part, end] = sequence(chars, at);
		parts.push(part);
		at = end;
		if (chars[at] !== '|') break;
		at++;
	}
	const [only] = parts;
	if (parts.length === 1 && only !== undefined) return [only, at];
	const texts = parts.flatMap(({ exact }) => exact ?? []);
	return parts.every(({ exact }) => exact !== undefined) && texts.length <= MOST_TEXTS
		? [{ exact: texts, keys: 'any' }, at]
		: [{ exact: undefined, keys: anyOf(parts.map(keysOf)) }, at];
}

function sequence(chars: readonly string[], start: number): Parsed {
	const sure: KeyQuery[] = [];
	let run: Part = NOTHING;
	let alone = true;
	const flush = (): void => {
		sure.push(keysOf(run));
		run = NOTHING;
		alone = false;
	};
	let at = start;
	while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') {
		const [atom, afterAtom] = one(chars, at);
		const [part, end] = repeated(atom, chars, afterAtom);
		at = end;
		if (part.exact === undefined) {
			flush();
			sure.push(part.keys);
			continue;
		}
		if ((run.exact?.length ?? 0) * part.exact.length > MOST_TEXTS) flush();
		run = {
			exact: (run.exact ?? []).flatMap((text) => (part.exact ?? []).map((next) => text + next)),
			keys: 'any',
		};
	}
	if (alone) return [run, at];
	flush();
	return [{ exact: undefined, keys: allOf(sure) }, at];
}

function repeated(atom: Part, chars: readonly string[], start: number): Parsed {
	const sign = chars[start];
	const counted = /^\{(\d+)(?:,\d*)?\}/.exec(chars.slice(start, start + 12).join(''));
	if (sign !== '*' && sign !== '+' && sign !== '?' && counted === null) return [atom, start];
	let end = start + (counted === null ? 1 : counted[0].length);
	if (chars[end] === '?') end++;
	const least = counted === null ? (sign === '+' ? 1 : 0) : Number(counted[1]);
	if (sign === '?' && atom.exact !== undefined) {
		return [{ exact: [...atom.exact, ''], keys: 'any' }, end];
	}
	return [least === 0 ? ANYTHING : { exact: undefined, keys: keysOf(atom) }, end];
}

function one(chars: readonly string[], at: number): Parsed {
	const char = chars[at] ?? '';
	switch (char) {
		case '(':
			return group(chars, at + 1);
		case '[':
			return set(chars, at + 1);
		case '.':
			return [ANYTHING, at + 1];
		case '^':
		case '$':
			return [NOTHING, at + 1];
		case '\\':
			return escaped(chars, at + 1);
		default:
			return [{ exact: [char], keys: 'any' }, at + 1];
	}
}

function group(chars: readonly string[], start: number): Parsed {
	let at = start;
	if (chars[at] === '?') {
		const end = chars.findIndex((char, index) => index > start && /[:>)]/.test(char));
		// Flags for what follows: case does not matter to trigrams.
		if (chars[end] === ')') return [NOTHING, end + 1];
		at = end + 1;
	}
	const [part, end] = alternatives(chars, at);
	return [part, end + 1];
}

function set(chars: readonly string[], start: number): Parsed {
	let at = start;
	if (chars[at] === '^') at++;
	if (chars[at] === ']') at++;
	for (; at < chars.length && chars[at] !== ']'; at++) {
		if (chars[at] === '\\') {
			at++;
			// \p{…} and \x{…}
			if (chars[at + 1] === '{') at = chars.indexOf('}', at);
		} else if (chars[at] === '[' && chars[at + 1] === ':') at = chars.indexOf(']', at);
	}
	const inside = chars.slice(start, at);
	const plain = inside.length <= 4 && !inside.some((char) => /[\^\-[\\\]]/.test(char));
	return [plain ? { exact: inside, keys: 'any' } : ANYTHING, at + 1];
}

function escaped(chars: readonly string[], at: number): Parsed {
	const char = chars[at] ?? '';
	if (/[bBAz]/.test(char)) return [NOTHING, at + 1];
	if (char === 't') return [{ exact: ['\t'], keys: 'any' }, at + 1];
	if (!/[A-Za-z0-9]/.test(char)) return [{ exact: [char], keys: 'any' }, at + 1];
	if (/[pPx]/.test(char)) {
		if (chars[at + 1] === '{') return [ANYTHING, chars.indexOf('}', at) + 1];
		return [ANYTHING, at + (char === 'x' ? 3 : 2)];
	}
	if (/[0-7]/.test(char)) {
		let end = at;
		while (end < at + 3 && /[0-7]/.test(chars[end] ?? '')) end++;
		return [ANYTHING, end];
	}
	return [ANYTHING, at + 1];
}
