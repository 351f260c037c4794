/**
 * What every match of a pattern in RE2's syntax has, as an expression that V8 finds fast and in linear time: a few
 * characters in a row, each a certain one or one of a set, with nothing to go back to. RE2 is asked about its lines only.
 */

interface Atom {
	readonly source: string;
	/** How much it tells: a certain character, one of a set, any. */
	readonly weight: number;
}

interface Run {
	source: string;
	weight: number;
	length: number;
}

const CERTAIN = 3;
const SET = 1;
const ANY: Atom = { source: '[^]', weight: 0 };
/** V8 tries so many characters at each place, at the worst. */
const LONGEST = 64;

/** @returns undefined where nothing certain is known. `pattern` is valid. */
export function skeletonOf(pattern: string, caseSensitive: boolean): RegExp | undefined {
	// Quotes and flags change what stands after them.
	if (/\\[QC]|\(\?[^:P<]/.test(pattern)) return undefined;
	const best = runsOf([...pattern])?.reduce<Run | undefined>(
		(found, run) => (run.weight > (found?.weight ?? 0) ? run : found),
		undefined,
	);
	if (best === undefined) return undefined;
	try {
		return new RegExp(best.source, caseSensitive ? 'gu' : 'giu');
	} catch {
		// What V8 reads otherwise is no help.
		return undefined;
	}
}

/** Undefined where there are alternatives for the whole. */
function runsOf(chars: readonly string[]): Run[] | undefined {
	const runs: Run[] = [];
	let run: Run = { source: '', weight: 0, length: 0 };
	const end = (): void => {
		runs.push(run);
		run = { source: '', weight: 0, length: 0 };
	};
	const take = (atom: Atom, times: number): void => {
		const fitting = Math.min(times, LONGEST - run.length);
		if (fitting > 0) {
			run.source += fitting === 1 ? atom.source : `${atom.source}{${fitting}}`;
			run.weight += atom.weight * fitting;
			run.length += fitting;
		}
		if (fitting < times) end();
	};
	for (let at = 0; at < chars.length; ) {
		const char = chars[at] ?? '';
		if (char === '|') return undefined;
		let atom: Atom | undefined;
		if (char === '(') at = afterGroup(chars, at);
		else [atom, at] = atomAt(chars, at);
		const [least, most, after] = timesAt(chars, at);
		at = after;
		if (atom === NOTHING) continue;
		if (atom === undefined || least === 0) {
			end();
			continue;
		}
		take(atom, least);
		if (most === least) continue;
		end();
		// The last of them stands before what follows.
		take(atom, 1);
	}
	end();
	return runs;
}

/** Between characters. */
const NOTHING: Atom = { source: '', weight: 0 };

type Read = [atom: Atom | undefined, end: number];

function atomAt(chars: readonly string[], at: number): Read {
	const char = chars[at] ?? '';
	if (char === '.') return [ANY, at + 1];
	if (char === '^' || char === '$') return [NOTHING, at + 1];
	if (char === '[') return setAt(chars, at);
	if (char !== '\\') return [{ source: escaped(char), weight: CERTAIN }, at + 1];
	const next = chars[at + 1] ?? '';
	if (/[bBAz]/.test(next)) return [NOTHING, at + 2];
	if (/[dws]/.test(next)) return [{ source: `\\${next}`, weight: SET }, at + 2];
	if (/[DWS]/.test(next)) return [ANY, at + 2];
	if (next === 't') return [{ source: '\\t', weight: CERTAIN }, at + 2];
	if (!/[A-Za-z0-9]/.test(next)) return [{ source: escaped(next), weight: CERTAIN }, at + 2];
	if (/[pPx]/.test(next)) {
		const end = chars[at + 2] === '{' ? chars.indexOf('}', at) : at + (next === 'x' ? 3 : 2);
		return [ANY, end + 1];
	}
	let end = at + 2;
	while (/[0-7]/.test(next) && end < at + 4 && /[0-7]/.test(chars[end] ?? '')) end++;
	return [ANY, end];
}

function setAt(chars: readonly string[], start: number): Read {
	let at = start + 1;
	let plain = chars[at] !== '^' && chars[at] !== ']';
	if (chars[at] === '^') at++;
	if (chars[at] === ']') at++;
	for (; at < chars.length && chars[at] !== ']'; at++) {
		if (chars[at] === '\\') {
			at++;
			plain &&= !/[A-Za-z0-9]/.test(chars[at] ?? '') || /[dsw]/.test(chars[at] ?? '');
			if (chars[at + 1] === '{') at = chars.indexOf('}', at);
		} else if (chars[at] === '[' && chars[at + 1] === ':') {
			plain = false;
			at = chars.indexOf(']', at);
		}
	}
	const source = chars.slice(start, at + 1).join('');
	return [plain ? { source, weight: SET } : ANY, at + 1];
}

function afterGroup(chars: readonly string[], start: number): number {
	let depth = 0;
	for (let at = start; at < chars.length; ) {
		const char = chars[at];
		if (char === '(') depth++;
		if (char === ')' && --depth === 0) return at + 1;
		if (char === '[') at = setAt(chars, at)[1];
		else at += char === '\\' ? 2 : 1;
	}
	return chars.length;
}

function timesAt(
	chars: readonly string[],
	at: number,
): readonly [least: number, most: number, end: number] {
	const sign = chars[at];
	const counted = /^\{(\d+)(,(\d*))?\}/.exec(chars.slice(at, at + 12).join(''));
	if (counted === null && sign !== '*' && sign !== '+' && sign !== '?') return [1, 1, at];
	let end = at + (counted?.[0].length ?? 1);
	if (chars[end] === '?') end++;
	if (counted === null) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity, end];
	const least = Number(counted[1]);
	const most = counted[2] === undefined ? least : counted[3] ? Number(counted[3]) : Infinity;
	return [least, most, end];
}

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
