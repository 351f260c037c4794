/** What pieces of a declaration in C and C++ look like. */
import { type Tokens, WORD } from '../tokens.ts';

/** In front of a name they say nothing about it, and have parentheses. */
export const ATTRIBUTES =
	/^(?:__attribute__|__attribute|__declspec|__asm__|asm|__asm|alignas|_Alignas|noexcept|throw|decltype|typeof|__typeof__|__extension__|explicit|requires)$/;
export const CONSTRAINT = /^(?:const|volatile|override|final|noexcept|mutable|try)$/;
export const ALL_CAPITALS = /^[A-Z][A-Z0-9_]+$/;
/** A sign that is no bracket is not looked for its partner further than that. */
const MOST_IN_ANGLES = 2000;

export function createShapes(t: Tokens) {
	function pastAngles(from: number, to: number): number {
		let depth = 0;
		const end = Math.min(to, from + MOST_IN_ANGLES);
		for (let at = from; at < end; at = t.past(at)) {
			if (t.is(at, '<')) depth++;
			else if (t.is(at, '>') && --depth === 0) return at + 1;
			else if (t.is(at, ';') || t.is(at, '{')) return at;
		}
		return end;
	}

	/** The name in `(*name)(…)`, at its first parenthesis; -1 where it is no such. */
	function pointerIn(open: number): number {
		const end = t.match(open);
		if (end < 0) return -1;
		let at = open + 1;
		// WINAPI, or Class::
		while (t.kind(at) === WORD && (ALL_CAPITALS.test(t.word(at)) || t.is(at + 1, ':'))) {
			at++;
			while (t.is(at, ':')) at++;
		}
		if (!t.is(at, '*') && !t.is(at, '^') && !t.is(at, '&')) return -1;
		while (at < end && (t.kind(at) !== WORD || /^(?:const|volatile|restrict)$/.test(t.word(at)))) {
			at++;
		}
		// What returns a pointer to a function is one itself.
		if (t.is(at + 1, '(')) return -1;
		return t.kind(at) === WORD && (t.is(end + 1, '(') || t.is(end + 1, '[')) ? at : -1;
	}

	/** The class in `Class::name`. */
	function classOf(name: number): string | undefined {
		if (!t.is(name - 1, ':') || !t.is(name - 2, ':')) return undefined;
		if (t.kind(name - 3) === WORD) return t.word(name - 3);
		if (!t.is(name - 3, '>')) return undefined;
		let at = name - 3;
		while (at > 0 && !t.is(at, '<')) at--;
		return t.word(at - 1) || undefined;
	}
	/** Where the parentheses of an operator's parameters open; -1 where it is none. */
	function operatorEnd(at: number): number {
		let open = at + 1;
		if (t.is(open, '(') && t.is(open + 1, ')')) open += 2;
		while (!t.is(open, '(')) {
			if (open > at + 8 || t.is(open, ';') || t.is(open, '{')) return -1;
			open++;
		}
		return open;
	}
	/** Behind the list of what a constructor sets, at its body. */
	function initializers(from: number, to: number): number {
		for (let at = from; at < to; at = t.past(at)) {
			if (t.is(at, ';')) return at;
			if (!t.is(at, '{')) continue;
			const sets = t.kind(at - 1) === WORD || t.is(at - 1, '>');
			if (!sets) return at;
		}
		return to;
	}
	/** Parameters may be declared between the parentheses and the body. */
	function isOldStyle(called: number, semicolon: number): boolean {
		const close = t.match(called + 1);
		if (close < 0 || semicolon <= close + 1) return false;
		if (ATTRIBUTES.test(t.word(close + 1)) || CONSTRAINT.test(t.word(close + 1))) return false;
		if (t.kind(close + 1) !== WORD || ALL_CAPITALS.test(t.word(close + 1))) return false;
		for (let at = close + 1; ; at = t.past(at)) {
			if (t.is(at, '{')) return t.is(at - 1, ';');
			const plain =
				t.kind(at) === WORD || t.is(at, '*') || t.is(at, ',') || t.is(at, ';') || t.is(at, '[');
			if (!plain) return false;
		}
	}
	return { pastAngles, pointerIn, classOf, operatorEnd, initializers, isOldStyle };
}
