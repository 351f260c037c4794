/** What pieces of JavaScript and TypeScript look like: types, values, where expressions end. */
import { NUMBER, STRING, type Tokens, WORD } from '../tokens.ts';

const CONTINUES = /^[=+\-*/%&|^<>?:.,!~([{]$/;
/** A sign that is no bracket is not looked for its partner further than that. */
const MOST_IN_ANGLES = 2000;

export function createShapes(t: Tokens) {
	const sign = (at: number): string => {
		const kind = t.kind(at);
		return kind > NUMBER ? String.fromCharCode(kind) : '';
	};
	const isArrow = (at: number): boolean =>
		t.is(at, '=') && t.is(at + 1, '>') && t.start(at + 1) === t.end(at);
	const isAssignment = (at: number): boolean => {
		if (!t.is(at, '=')) return false;
		const touches = (other: number, mine: number) => other === mine;
		if (touches(t.start(at + 1), t.end(at)) && /[=>]/.test(sign(at + 1))) return false;
		return !(touches(t.end(at - 1), t.start(at)) && /[=!<>]/.test(sign(at - 1)));
	};
	/** Of a value that is a function or a class, what it is. */
	function callable(at: number): 'function' | 'class' | undefined {
		let from = at;
		if (t.word(from) === 'async' && !isArrow(from + 1)) from++;
		if (t.word(from) === 'function') return 'function';
		if (t.word(from) === 'class') return 'class';
		if (t.kind(from) === WORD) return isArrow(from + 1) ? 'function' : undefined;
		if (t.is(from, '<')) from = pastAngles(from);
		if (!t.is(from, '(')) return undefined;
		const behind = t.past(from);
		if (isArrow(behind)) return 'function';
		return t.is(behind, ':') && isArrow(pastType(behind + 1)) ? 'function' : undefined;
	}
	function pastAngles(from: number): number {
		let depth = 0;
		const end = Math.min(t.length, from + MOST_IN_ANGLES);
		for (let at = from; at < end; at = t.past(at)) {
			if (t.is(at, '<')) depth++;
			else if (t.is(at, '>') && !(t.is(at - 1, '=') && t.end(at - 1) === t.start(at))) {
				if (--depth === 0) return at + 1;
			} else if (t.is(at, ';')) return at;
		}
		return end;
	}
	/** Behind a type: at the body, the value, the comma or whatever ends it. */
	function pastType(from: number): number {
		let at = from;
		let expected = true;
		while (at < t.length) {
			if (t.is(at, '{') || t.is(at, '[') || t.is(at, '(')) {
				if (!expected && !t.is(at, '[')) return at;
				at = t.past(at);
				expected = false;
				if (isArrow(at)) {
					// Of a function's type; what follows the type of an arrow function is its value.
					if (!t.is(at - 1, ')')) return at;
					at += 2;
					expected = true;
				}
			} else if (t.is(at, '<')) {
				at = pastAngles(at);
				expected = false;
			} else if (t.kind(at) === WORD || t.kind(at) === STRING || t.kind(at) === NUMBER) {
				const word = t.word(at);
				const joins = /^(?:is|extends|keyof|typeof|readonly|infer|unique|asserts|new|in)$/.test(
					word,
				);
				if (!expected && !joins) return at;
				expected = joins;
				at++;
			} else if (/[|&?.-]/.test(sign(at)) || (t.is(at, ':') && expected)) {
				expected = true;
				at++;
			} else return at;
		}
		return at;
	}
	/** Behind an expression: at the comma or semicolon, or where the next statement begins. */
	function pastExpression(from: number, to: number): number {
		let at = from;
		while (at < to) {
			if (t.is(at, ',') || t.is(at, ';')) return at;
			if (t.is(at, ')') || t.is(at, ']') || t.is(at, '}')) return at;
			if (at > from && t.first(at)) {
				const before = sign(at - 1);
				const operator = before !== '' && !/[)\]}]/.test(before);
				const goesOn =
					CONTINUES.test(sign(at)) ||
					/^(?:instanceof|in|as|satisfies)$/.test(t.word(at)) ||
					/^(?:return|typeof|await|new|void|yield|extends)$/.test(t.word(at - 1));
				if (!operator && !goesOn) return at;
			}
			at = t.past(at);
		}
		return Math.min(at, to);
	}

	return { sign, isArrow, isAssignment, callable, pastAngles, pastType, pastExpression };
}
