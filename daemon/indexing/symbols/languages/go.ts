/** Go. */
import type { Reader, SymbolKind } from '../symbol.ts';
import { readTokens, type Syntax, WORD } from '../tokens.ts';

const SYNTAX: Syntax = {
	lineComment: ['//'],
	blockComment: ['/*', '*/'],
	quotes: '"\'',
	longQuotes: '`',
};

export const readGo: Reader = (text, emit) => {
	const t = readTokens(text, SYNTAX);
	const named = (at: number, kind: SymbolKind, container = ''): void => {
		if (t.kind(at) === WORD) emit(t.word(at), kind, t.start(at), container);
	};

	for (let at = 0; at < t.length; at = t.past(at)) {
		if (!t.first(at) && !t.is(at - 1, ';')) continue;
		const word = t.word(at);
		if (word === 'package') named(at + 1, 'module');
		else if (word === 'func') at = functionAt(at);
		else if (word === 'type') group(at, typeSpec);
		else if (word === 'const') group(at, values('constant'));
		else if (word === 'var') group(at, values('variable'));
	}

	function functionAt(at: number): number {
		if (!t.is(at + 1, '(')) {
			named(at + 1, 'function');
			return at;
		}
		const close = t.match(at + 1);
		if (close < 0) return at;
		// (r *List[T]): the type is what a dot, an asterisk or nothing stands before.
		let owner = close - 1;
		if (t.is(owner, ']')) owner = t.match(owner) - 1;
		named(close + 1, 'method', t.word(owner));
		return close;
	}
	/** One, or several in parentheses, each at the beginning of a line. */
	function group(at: number, each: (at: number) => void): void {
		if (!t.is(at + 1, '(')) {
			each(at + 1);
			return;
		}
		const end = t.match(at + 1);
		for (let one = at + 2; one < end; one = t.past(one)) {
			if (t.first(one) || t.is(one - 1, ';') || one === at + 2) each(one);
		}
	}
	function values(kind: SymbolKind) {
		return (at: number): void => {
			for (let name = at; ; name += 2) {
				if (t.word(name) !== '_') named(name, kind);
				if (!t.is(name + 1, ',')) return;
			}
		};
	}
	function typeSpec(at: number): void {
		const body = bodyOf(at);
		const what = body < 0 ? '' : t.word(body - 1);
		named(at, what === 'struct' || what === 'interface' ? what : 'type');
		const end = body < 0 ? -1 : t.match(body);
		if (end < 0) return;
		members(body, end, what === 'struct', t.word(at));
	}
	function members(open: number, end: number, isStruct: boolean, container: string): void {
		for (let at = open + 1; at < end; at = t.past(at)) {
			if (!(t.first(at) || t.is(at - 1, ';') || at === open + 1) || t.kind(at) !== WORD) continue;
			if (!isStruct) {
				if (t.is(at + 1, '(')) named(at, 'method', container);
				continue;
			}
			// One that stands alone is embedded.
			let name = at;
			while (t.is(name + 1, ',')) name += 2;
			const alone = t.first(name + 1) || name + 1 === end || t.is(name + 1, '.');
			if (alone && name === at) continue;
			for (let one = at; one <= name; one += 2) {
				if (t.word(one) !== '_') named(one, 'property', container);
			}
			const inner = name + 1;
			if (t.word(inner) === 'struct' && t.is(inner + 1, '{')) {
				members(inner + 1, t.match(inner + 1), true, t.word(name));
				at = inner + 1;
			}
		}
	}
	/** Where the body of `Name struct {` or `Name[T any] interface {` opens; -1 where there is none. */
	function bodyOf(at: number): number {
		let next = at + 1;
		if (t.is(next, '[')) next = t.past(next);
		if (t.is(next, '=')) next++;
		return /^(?:struct|interface)$/.test(t.word(next)) && t.is(next + 1, '{') ? next + 1 : -1;
	}
};
