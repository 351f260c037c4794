/** C and C++. */
import type { Emit, Reader, SymbolKind } from '../symbol.ts';
import { readTokens, type Syntax, type Tokens, WORD } from '../tokens.ts';
import { ALL_CAPITALS, ATTRIBUTES, CONSTRAINT, createShapes } from './cShapes.ts';

const SYNTAX: Syntax = {
	lineComment: ['//'],
	blockComment: ['/*', '*/'],
	quotes: '"\'',
	rawMarks: true,
	directives: true,
	inWords: '$',
};
const TAGGED: Readonly<Record<string, SymbolKind>> = {
	struct: 'struct',
	union: 'struct',
	class: 'class',
	enum: 'enum',
};
const NOT_NAMES =
	/^(?:const|volatile|restrict|static|inline|extern|register|unsigned|signed|int|char|void|long|short|float|double|bool|auto|if|else|for|while|do|switch|case|return|sizeof|goto|break|continue|default|new|delete|operator|override|final|noexcept|struct|union|enum|class)$/;

export const readC: Reader = (text, emit) => {
	const tokens = readTokens(text, SYNTAX);
	for (const at of tokens.directives) readDirective(text, at, emit);
	createReader(tokens, emit).declarations(0, tokens.length, '', 'file');
};

function readDirective(text: string, at: number, emit: Emit): void {
	const define = /^#\s*define\s+([\w$]+)/.exec(text.slice(at, at + 200));
	const name = define?.[1];
	if (define !== null && name !== undefined)
		emit(name, 'macro', at + define[0].length - name.length);
}

type Place = 'file' | 'members';

function createReader(t: Tokens, emit: Emit) {
	const { pastAngles, pointerIn, classOf, operatorEnd, initializers, isOldStyle } = createShapes(t);
	const named = (at: number, kind: SymbolKind, container: string): void => {
		const name = t.word(at);
		if (name !== '' && !NOT_NAMES.test(name)) emit(name, kind, t.start(at), container);
	};

	function declarations(from: number, to: number, container: string, place: Place): void {
		for (let at = from; at < to; ) {
			const next = statement(at, to, container, place);
			at = next > at ? next : at + 1;
		}
	}

	/** @returns Behind it. */
	function statement(from: number, to: number, container: string, place: Place): number {
		let at = from;
		if (t.kind(at) !== WORD && !t.is(at, '~') && !t.is(at, '*') && !t.is(at, '[')) {
			// A block of nobody's, or what is left of code that cannot be read.
			return t.is(at, '{') && t.match(at) > at ? t.match(at) + 1 : at + 1;
		}
		while (t.is(at, '[')) at = t.past(at);
		while (t.word(at) === 'template' && t.is(at + 1, '<')) at = pastAngles(at + 1, to);
		const word = t.word(at);
		if (/^(?:public|private|protected|signals|slots)$/.test(word)) {
			const colon = t.is(at + 1, ':') ? at + 1 : t.is(at + 2, ':') ? at + 2 : at;
			if (colon > at) return colon + 1;
		}
		if (word === 'namespace' || (word === 'inline' && t.word(at + 1) === 'namespace')) {
			return namespace(word === 'inline' ? at + 1 : at, to, container);
		}
		if (word === 'extern' && t.kind(at + 1) === 2 && t.is(at + 2, '{')) {
			const end = t.match(at + 2);
			// Often only the beginning of it is for C++.
			if (end < 0) return at + 3;
			declarations(at + 3, end, container, place);
			return end + 1;
		}
		if (word === 'using') return using(at, to, container);
		if (word === 'typedef') return typedef(at + 1, to, container);
		if (word === 'friend' || word === 'static_assert' || word === '_Static_assert') {
			return pastStatement(at, to);
		}
		return declaration(at, to, container, place);
	}

	function namespace(from: number, to: number, container: string): number {
		let at = from + 1;
		let name = container;
		for (; at < to && !t.is(at, '{'); at++) {
			if (t.is(at, ';') || t.is(at, '=')) return pastStatement(at, to);
			if (t.kind(at) === WORD && !t.is(at + 1, '(')) {
				named(at, 'module', name);
				name = t.word(at);
			} else if (t.is(at, '(')) at = t.past(at) - 1;
		}
		const end = t.match(at);
		if (end < 0) return at + 1;
		declarations(at + 1, end, name, 'file');
		return end + 1;
	}

	function using(from: number, to: number, container: string): number {
		const end = pastStatement(from, to);
		for (let at = from + 1; at < end; at++) {
			if (t.is(at, '=') && at === from + 2) named(from + 1, 'type', container);
		}
		return end;
	}

	/** Behind the semicolon at this level, or the body. */
	function pastStatement(from: number, to: number): number {
		let at = from;
		while (at < to && !t.is(at, ';')) {
			if (t.is(at, '}')) return at;
			at = t.past(at);
		}
		return Math.min(at + 1, to);
	}

	/** A struct, union, class or enum with its body. @returns Behind it, and its name; undefined where it has no body. */
	function tagged(from: number, to: number, container: string) {
		const tag = t.word(from);
		let at = from + 1;
		if (tag === 'enum' && /^(?:class|struct)$/.test(t.word(at))) at++;
		let name = -1;
		for (; at < to; at = t.past(at)) {
			if (t.is(at, '{')) break;
			if (t.is(at, ':') && !t.is(at + 1, ':') && !t.is(at - 1, ':')) {
				while (at < to && !t.is(at, '{') && !t.is(at, ';')) at = t.past(at);
				break;
			}
			if (t.kind(at) === WORD) {
				if (t.is(at + 1, '(') && name >= 0 && !/^_|^[A-Z0-9_]+$/.test(t.word(at))) return undefined;
				if (ATTRIBUTES.test(t.word(at)) || t.is(at + 1, '(')) continue;
				if (t.word(at) === 'final') continue;
				// A second word is the name of something of that type, unless the first was a macro.
				if (name >= 0 && !ALL_CAPITALS.test(t.word(name)) && !t.is(at - 1, ':')) {
					if (!ALL_CAPITALS.test(t.word(at))) return undefined;
					continue;
				}
				name = at;
			} else if (t.is(at, '<')) {
				at = pastAngles(at, to) - 1;
			} else if (!t.is(at, ':') && !t.is(at, '(') && !t.is(at, '[')) return undefined;
		}
		if (!t.is(at, '{')) return undefined;
		const end = t.match(at);
		if (name >= 0) named(name, TAGGED[tag] ?? 'type', container);
		const within = name >= 0 ? t.word(name) : container;
		const last = end < 0 ? at : end;
		if (tag === 'enum') enumerators(at + 1, last, within);
		else declarations(at + 1, last, within, 'members');
		return { end: last + 1, name };
	}

	function enumerators(from: number, to: number, container: string): void {
		let expected = true;
		for (let at = from; at < to; at = t.past(at)) {
			if (expected && t.kind(at) === WORD) {
				named(at, 'enumMember', container);
				expected = false;
			} else if (t.is(at, ',')) expected = true;
		}
	}

	function typedef(from: number, to: number, container: string): number {
		let at = from;
		while (CONSTRAINT.test(t.word(at)) || t.word(at) === '__extension__') at++;
		if (TAGGED[t.word(at)] !== undefined) at = tagged(at, to, container)?.end ?? at;
		let name = -1;
		let isNamed = false;
		for (; at < to && !t.is(at, ';') && !t.is(at, '}'); at = t.past(at)) {
			if (t.is(at, '(')) {
				const inner = pointerIn(at);
				const isQuoted = t.match(at) === at + 2 && t.is(at + 3, '(') && !isNamed;
				if (inner >= 0 || isQuoted) name = inner >= 0 ? inner : at + 1;
				// A type of functions, whose name is what stands before.
				if (name >= 0) isNamed = true;
			} else if (t.is(at, ',')) {
				if (name >= 0) named(name, 'type', container);
				name = -1;
				isNamed = false;
			} else if (t.kind(at) === WORD && !isNamed) {
				if (!ATTRIBUTES.test(t.word(at)) || !t.is(at + 1, '(')) name = at;
			}
		}
		if (name >= 0) named(name, 'type', container);
		return t.is(at, ';') ? at + 1 : at;
	}

	function declaration(from: number, to: number, container: string, place: Place): number {
		const kind: SymbolKind = place === 'members' ? 'property' : 'variable';
		const isExtern = t.word(from) === 'extern';
		let at = from;
		/** The name of a function, if it is one; its parentheses have been passed. */
		let called = -1;
		let last = -1;
		let isSet = false;
		const variable = (): void => {
			if (last >= 0 && called < 0 && last > from && !isExtern) named(last, kind, container);
			else if (last >= 0 && called < 0 && afterType) named(last, kind, container);
		};
		let afterType = false;
		while (at < to) {
			const word = t.word(at);
			if (word !== '') {
				if (TAGGED[word] !== undefined) {
					const found = tagged(at, to, container);
					if (found !== undefined) {
						at = found.end;
						afterType = true;
						last = -1;
						// A type alone needs no semicolon to be over where the next line begins anew.
						if (t.is(at, ';')) return at + 1;
						continue;
					}
				}
				if (word === 'operator' && !isSet) {
					const open = operatorEnd(at);
					if (open >= 0) {
						called = at;
						at = t.past(open);
						continue;
					}
				}
				if (!isSet && !ATTRIBUTES.test(word) && !(CONSTRAINT.test(word) && called >= 0)) {
					if (called < 0) last = at;
				}
				at++;
				continue;
			}
			if (t.is(at, '(')) {
				const end = t.match(at);
				const before = t.word(at - 1);
				if (end < 0) return at + 1;
				if (!isSet && before !== '' && !ATTRIBUTES.test(before) && called !== at - 1) {
					const inner = pointerIn(at);
					if (inner >= 0) {
						last = inner;
						at = t.past(at);
						if (t.is(at, '(')) at = t.past(at);
						afterType = true;
						isSet = true;
						named(inner, kind, container);
						last = -1;
						continue;
					}
					const isFirst = at - 1 === from;
					if (called < 0 || (called === from && !isFirst)) called = at - 1;
				} else if (!isSet && (t.is(at - 1, '*') || t.is(at - 1, '>'))) {
					const inner = pointerIn(at);
					if (inner >= 0) {
						named(inner, kind, container);
						isSet = true;
						last = -1;
					}
				}
				at = end + 1;
				continue;
			}
			if (t.is(at, '<') && !isSet) {
				const behind = pastAngles(at, to);
				at = t.is(behind - 1, '>') ? behind : at + 1;
				continue;
			}
			if (t.is(at, '[')) {
				at = t.past(at);
				continue;
			}
			if (t.is(at, '=') && called < 0) {
				if (!isSet) variable();
				isSet = true;
			} else if (t.is(at, ',') && (called < 0 || isSet)) {
				if (!isSet) variable();
				isSet = false;
				afterType = true;
				last = -1;
			} else if (t.is(at, ':') && !t.is(at + 1, ':') && !t.is(at - 1, ':')) {
				if (called >= 0) {
					at = initializers(at + 1, to);
					continue;
				}
				// A label, or the width of a field.
				if (place === 'members' && last >= 0) {
					variable();
					isSet = true;
				} else if (at === from + 1) return at + 1;
			} else if (t.is(at, ';')) {
				if (called >= 0 && isOldStyle(called, at)) {
					at++;
					continue;
				}
				if (!isSet) variable();
				return at + 1;
			} else if (t.is(at, '}')) {
				return at + 1;
			} else if (t.is(at, '{')) {
				const end = t.match(at);
				if (called >= 0 && !isSet) {
					defined(called, container, place);
					if (end < 0) return at + 1;
					within(at + 1, end, t.word(called));
					return end + 1;
				}
				if (end < 0) return at + 1;
				if (!isSet) {
					variable();
					isSet = true;
					at = end + 1;
					// Behind a macro with a block nothing needs to follow.
					if (last < 0 || last === from) return at;
					continue;
				}
				at = end + 1;
				continue;
			}
			at++;
		}
		return to;
	}

	function defined(name: number, container: string, place: Place): void {
		const kind: SymbolKind = place === 'members' ? 'method' : 'function';
		const word = t.word(name);
		if (word === 'operator') {
			const open = operatorEnd(name);
			const sign = t.text.slice(t.end(name), t.start(open)).trim();
			emit(`operator ${sign}`, kind, t.start(name), classOf(name) ?? container);
			return;
		}
		if (NOT_NAMES.test(word)) return;
		const isTilde = t.is(name - 1, '~');
		const owner = classOf(isTilde ? name - 1 : name);
		emit(
			isTilde ? `~${word}` : word,
			owner === undefined ? kind : 'method',
			t.start(isTilde ? name - 1 : name),
			owner ?? container,
		);
		// DEFINE_THING(name, …) { … }
		if (ALL_CAPITALS.test(word) && t.kind(name + 2) === WORD && !t.word(name - 1)) {
			named(name + 2, kind, container);
		}
	}
	/** Types within code. */
	function within(from: number, to: number, container: string): void {
		for (let at = from; at < to; at++) {
			if (t.kind(at) !== WORD || TAGGED[t.word(at)] === undefined) continue;
			const behind = at + (t.kind(at + 1) === WORD ? 2 : 1);
			if (!t.is(behind, '{') && !t.is(behind, ':')) continue;
			const found = tagged(at, to, container);
			if (found !== undefined) at = found.end - 1;
		}
	}
	return { declarations };
}
