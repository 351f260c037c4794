/** JavaScript and TypeScript. */
import type { Emit, Reader, SymbolKind } from '../symbol.ts';
import { NUMBER, readTokens, STRING, type Syntax, type Tokens, WORD } from '../tokens.ts';
import { createShapes } from './scriptShapes.ts';

const SYNTAX: Syntax = {
	lineComment: ['//'],
	blockComment: ['/*', '*/'],
	quotes: '"\'',
	templates: true,
	patterns: true,
	inWords: '$',
};
const MODIFIER =
	/^(?:public|private|protected|static|readonly|abstract|async|get|set|override|declare|accessor|export|default)$/;
const PARAMETER_MODIFIER = /^(?:public|private|protected|readonly|override)$/;

export const readScript: Reader = (text, emit) => {
	const tokens = readTokens(text, SYNTAX);
	createReader(tokens, emit).code(0, tokens.length, '', true);
};

function createReader(t: Tokens, emit: Emit) {
	const { sign, isArrow, isAssignment, callable, pastAngles, pastType, pastExpression } =
		createShapes(t);
	const tell = (name: number, kind: SymbolKind, container: string): void => {
		const word = t.word(name);
		if (word !== '') emit(word, kind, t.start(name), container);
	};

	/** The class whose constructor is being read. */
	let made = '';

	/** Statements and expressions. */
	function code(from: number, to: number, container: string, top: boolean): void {
		for (let at = from; at < to; ) {
			const next = t.kind(at) === WORD ? keyword(at, to, container, top) : value(at, to, container);
			at = next > at ? next : at + 1;
		}
	}

	function keyword(at: number, to: number, container: string, top: boolean): number {
		if (t.is(at - 1, '.')) return at + 1;
		const word = t.word(at);
		const next = t.kind(at + 1);
		switch (word) {
			case 'function':
				return functionAt(at, to, container);
			case 'class':
				return classAt(at, to, container, -1);
			case 'interface':
				if (next !== WORD) return at + 1;
				return interfaceAt(at, to, container);
			case 'enum':
				if (next !== WORD || !t.is(at + 2, '{')) return at + 1;
				tell(at + 1, 'enum', container);
				enumMembers(at + 3, t.match(at + 2), t.word(at + 1));
				return t.past(at + 2);
			case 'type':
				if (next === WORD && (t.is(at + 2, '=') || t.is(at + 2, '<'))) {
					tell(at + 1, 'type', container);
				}
				return at + 1;
			case 'return':
				if (!t.is(at + 1, '{')) return at + 1;
				members(at + 1, container, true);
				return t.past(at + 1);
			case 'namespace':
			case 'module':
				return moduleAt(at, container);
			case 'const':
			case 'let':
			case 'var':
				if (word === 'const' && t.word(at + 1) === 'enum') return at + 1;
				return declarators(at + 1, to, container, top, word === 'const' ? 'constant' : 'variable');
			default:
				return at + 1;
		}
	}

	/** `a.b = function`, `module.exports = { … }`, and in a constructor `this.a = b`. */
	function value(at: number, to: number, container: string): number {
		if (!t.is(at, '=') || !isAssignment(at) || t.kind(at - 1) !== WORD || !t.is(at - 2, '.'))
			return at + 1;
		const name = t.word(at - 1);
		const owner = t.word(at - 3) === 'prototype' ? t.word(at - 5) : t.word(at - 3);
		if (owner === 'module' && name === 'exports') {
			if (t.is(at + 1, '{')) {
				members(at + 1, container, false);
				return t.past(at + 1);
			}
			return at + 1;
		}
		const called = callable(at + 1);
		if (called !== undefined) {
			tell(at - 1, called === 'class' ? 'class' : 'method', owner === 'this' ? container : owner);
			if (called === 'class' && t.word(at + 1) === 'class') {
				return classAt(at + 1, to, owner, at - 1);
			}
			if (t.word(at + 1) === 'function') return functionAt(at + 1, to, container, name);
		} else if (owner === 'this' && made !== '') tell(at - 1, 'property', made);
		else if (owner === 'exports') tell(at - 1, 'variable', container);
		else if (name === 'prototype' && t.is(at + 1, '{')) {
			members(at + 1, owner, false);
			return t.past(at + 1);
		}
		return at + 1;
	}

	function functionAt(from: number, to: number, container: string, named = ''): number {
		let at = from + 1;
		if (t.is(at, '*')) at++;
		let within = named;
		if (t.kind(at) === WORD) {
			tell(at, 'function', container);
			within = t.word(at);
			at++;
		}
		if (t.is(at, '<')) at = pastAngles(at);
		if (!t.is(at, '(')) return from + 1;
		return body(at, to, within || container);
	}
	/** From the parentheses of the parameters on. @returns Behind the body. */
	function body(open: number, to: number, container: string): number {
		let at = t.past(open);
		if (t.match(open) < 0) return open + 1;
		code(open + 1, t.match(open), container, false);
		if (t.is(at, ':')) at = pastType(at + 1);
		const end = t.match(at);
		if (!t.is(at, '{') || end < 0) return Math.min(at, to);
		code(at + 1, end, container, false);
		return end + 1;
	}

	function classAt(from: number, to: number, container: string, called: number): number {
		let at = from + 1;
		let name = called >= 0 ? t.word(called) : '';
		if (t.kind(at) === WORD && !/^(?:extends|implements)$/.test(t.word(at))) {
			if (t.is(at + 1, '{') || t.is(at + 1, '<') || t.kind(at + 1) === WORD) {
				tell(at, 'class', container);
				name = t.word(at);
				at++;
			} else return from + 1;
		} else if (!t.is(at, '{') && t.kind(at) !== WORD) return from + 1;
		let inTypes = 0;
		for (; at < to; at = t.past(at)) {
			if (t.is(at, '<')) inTypes++;
			else if (t.is(at, '>') && inTypes > 0) inTypes--;
			else if (t.is(at, '{') && inTypes === 0) break;
			else if (t.is(at, ';')) return at;
		}
		const end = t.match(at);
		if (!t.is(at, '{') || end < 0) return at + 1;
		classMembers(at + 1, end, name || container);
		return end + 1;
	}

	function classMembers(from: number, to: number, container: string): void {
		for (let at = from; at < to; ) {
			const next = classMember(at, to, container);
			at = next > at ? next : at + 1;
		}
	}
	function classMember(from: number, to: number, container: string): number {
		let at = from;
		while (t.is(at, '@')) {
			at += 2;
			while (t.is(at, '.') || t.kind(at) === WORD) {
				if (t.kind(at) === WORD && !t.is(at - 1, '.')) break;
				at++;
			}
			if (t.is(at, '<')) at = pastAngles(at);
			if (t.is(at, '(')) {
				code(at + 1, t.match(at), container, false);
				at = t.past(at);
			}
		}
		while (
			MODIFIER.test(t.word(at)) &&
			(t.kind(at + 1) === WORD ||
				t.kind(at + 1) === STRING ||
				t.kind(at + 1) === NUMBER ||
				/[[#*{]/.test(sign(at + 1)))
		)
			at++;
		if (t.is(at, '{')) {
			code(at + 1, t.match(at), container, false);
			return t.past(at);
		}
		if (t.is(at, '*')) at++;
		const isPrivate = t.is(at, '#');
		if (isPrivate) at++;
		const name = at;
		if (t.is(at, '[')) {
			const isIndex = t.kind(at + 1) === WORD && t.is(at + 2, ':');
			at = t.past(at);
			if (isIndex) return pastMember(at, to, container);
		} else if (t.kind(at) === WORD || t.kind(at) === STRING || t.kind(at) === NUMBER) at++;
		else return at + 1;
		while (t.is(at, '?') || t.is(at, '!')) at++;
		const say = (kind: SymbolKind): void => {
			const start = isPrivate ? t.start(name) - 1 : t.start(name);
			if (t.kind(name) === WORD) {
				emit((isPrivate ? '#' : '') + t.word(name), kind, start, container);
			} else if (t.kind(name) === STRING) {
				const text = t.text.slice(t.start(name) + 1, t.end(name) - 1);
				if (text !== '') emit(text, kind, start + 1, container);
			}
		};
		if (t.is(at, '<')) at = pastAngles(at);
		if (t.is(at, '(')) {
			say('method');
			const isConstructor = t.word(name) === 'constructor';
			if (isConstructor) parameterProperties(at, container);
			const outer = made;
			made = isConstructor ? container : '';
			const behind = body(at, to, t.word(name) || container);
			made = outer;
			return behind;
		}
		say(isCallableField(at) ? 'method' : 'property');
		return pastMember(at, to, container);
	}
	function isCallableField(at: number): boolean {
		const from = t.is(at, ':') ? pastType(at + 1) : at;
		return isAssignment(from) && callable(from + 1) !== undefined;
	}
	function pastMember(from: number, to: number, container: string): number {
		let at = from;
		if (t.is(at, ':')) at = pastType(at + 1);
		const end = pastExpression(at, to);
		code(at, end, container, false);
		return t.is(end, ';') ? end + 1 : end;
	}
	function parameterProperties(open: number, container: string): void {
		const end = t.match(open);
		for (let at = open + 1; at < end; at = t.past(at)) {
			if (!PARAMETER_MODIFIER.test(t.word(at)) || t.kind(at + 1) !== WORD) continue;
			if (!PARAMETER_MODIFIER.test(t.word(at + 1))) tell(at + 1, 'property', container);
		}
	}

	function interfaceAt(from: number, to: number, container: string): number {
		tell(from + 1, 'interface', container);
		let at = from + 2;
		let inTypes = 0;
		for (; at < to; at = t.past(at)) {
			if (t.is(at, '<')) inTypes++;
			else if (t.is(at, '>') && inTypes > 0) inTypes--;
			else if (t.is(at, '{') && inTypes === 0) break;
			else if (t.is(at, ';')) return at;
		}
		const end = t.match(at);
		if (end < 0) return at + 1;
		typeMembers(at + 1, end, t.word(from + 1));
		return end + 1;
	}
	function typeMembers(from: number, to: number, container: string): void {
		for (let at = from; at < to; ) {
			while (/^(?:readonly|get|set)$/.test(t.word(at)) && t.kind(at + 1) === WORD) at++;
			const name = at;
			let next = at + 1;
			while (t.is(next, '?') || t.is(next, '-') || t.is(next, '+')) next++;
			if (t.kind(name) === WORD || t.kind(name) === STRING) {
				const isMethod = t.is(next, '(') || t.is(next, '<');
				if (isMethod || t.is(next, ':') || t.is(next, ';')) {
					if (t.kind(name) === WORD) tell(name, isMethod ? 'method' : 'property', container);
				}
			}
			while (next < to && !t.is(next, ';') && !t.is(next, ',')) {
				if (t.is(next, '<')) next = pastAngles(next);
				else next = t.past(next);
				const goesOn = /[|&?:=<(.]/.test(sign(next)) || /[|&:=]/.test(sign(next - 1));
				if (t.first(next) && !goesOn && !isArrow(next - 2)) break;
			}
			at = t.is(next, ';') || t.is(next, ',') ? next + 1 : next;
		}
	}
	function enumMembers(from: number, to: number, container: string): void {
		let expected = true;
		for (let at = from; at < to; at = t.past(at)) {
			if (expected && t.kind(at) === WORD) tell(at, 'enumMember', container);
			expected = t.is(at, ',');
		}
	}
	function moduleAt(from: number, container: string): number {
		let at = from + 1;
		if (t.kind(at) === STRING && t.is(at + 1, '{')) {
			code(at + 2, t.match(at + 1), container, true);
			return t.past(at + 1);
		}
		if (t.kind(at) !== WORD) return from + 1;
		let name = t.word(at);
		const names = [at];
		while (t.is(at + 1, '.') && t.kind(at + 2) === WORD) {
			at += 2;
			names.push(at);
		}
		if (!t.is(at + 1, '{')) return from + 1;
		for (const one of names) tell(one, 'module', container);
		name = t.word(at);
		code(at + 2, t.match(at + 1), name, true);
		return t.past(at + 1);
	}

	function declarators(
		from: number,
		to: number,
		container: string,
		top: boolean,
		kind: SymbolKind,
	): number {
		let at = from;
		for (;;) {
			const name = at;
			if (t.is(at, '{') || t.is(at, '[')) {
				if (top) bound(at, container, kind);
				at = t.past(at);
			} else if (t.kind(at) === WORD) at++;
			else return at;
			if (t.is(at, '!')) at++;
			if (t.is(at, ':')) at = pastType(at + 1);
			const word = t.word(name);
			if (!isAssignment(at)) {
				if (top && word !== '') tell(name, kind, container);
				if (t.is(at, ',')) {
					at++;
					continue;
				}
				return at;
			}
			const start = at + 1;
			const called = callable(start);
			if (called === 'class') {
				tell(name, 'class', container);
				at = classAt(start, to, word, name);
			} else if (called === 'function') {
				tell(name, 'function', container);
				at = pastExpression(start, to);
				const isFunction = t.word(start) === 'function' || t.word(start + 1) === 'function';
				code(isFunction && t.word(start) !== 'function' ? start + 1 : start, at, word, false);
			} else {
				if (top && word !== '') tell(name, kind, container);
				at = pastExpression(start, to);
				if (t.is(start, '{')) members(start, word, !top);
				else code(start, at, word || container, false);
			}
			if (!t.is(at, ',')) return at;
			at++;
		}
	}
	/** Names that a pattern binds. */
	function bound(open: number, container: string, kind: SymbolKind): void {
		const end = t.match(open);
		for (let at = open + 1; at < end; ) {
			if (t.is(at, '{') || t.is(at, '[')) {
				bound(at, container, kind);
				at = t.past(at);
			} else if (
				t.kind(at) === WORD &&
				(t.is(at + 1, ',') || at + 1 === end || t.is(at + 1, '='))
			) {
				tell(at, kind, container);
				at++;
				while (at < end && !t.is(at, ',')) at = t.past(at);
			} else at++;
		}
	}
	/** Of an object that stands there; within code only its functions. */
	function members(open: number, container: string, local: boolean): void {
		const end = t.match(open);
		for (let at = open + 1; at < end; ) {
			while (/^(?:async|get|set)$/.test(t.word(at)) && t.kind(at + 1) === WORD) at++;
			if (t.is(at, '*')) at++;
			const name = at;
			if (t.is(at, '[')) at = t.past(at);
			else at++;
			if (t.is(at, '(')) {
				tell(name, 'method', container);
				at = body(at, end, t.word(name) || container);
			} else if (t.is(at, ':')) {
				const stop = pastExpression(at + 1, end);
				const called = callable(at + 1);
				const key =
					t.kind(name) === STRING ? t.text.slice(t.start(name) + 1, t.end(name) - 1) : t.word(name);
				if (key !== '' && (called !== undefined || !local)) {
					const from = t.kind(name) === STRING ? t.start(name) + 1 : t.start(name);
					emit(key, called === undefined ? 'property' : 'method', from, container);
				}
				if (t.is(at + 1, '{')) members(at + 1, key || container, local);
				else code(at + 1, stop, key || container, false);
				at = stop;
			}
			while (at < end && !t.is(at, ',')) at = t.past(at);
			at++;
		}
	}
	return { code };
}
