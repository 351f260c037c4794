/** Rust. */
import type { Reader, SymbolKind } from '../symbol.ts';
import { readTokens, type Syntax, WORD } from '../tokens.ts';

const SYNTAX: Syntax = {
	lineComment: ['//'],
	blockComment: ['/*', '*/'],
	nested: true,
	quotes: '',
	longQuotes: '"',
	lifetimes: true,
	rawHashes: true,
};

export const readRust: Reader = (text, emit) => {
	const t = readTokens(text, SYNTAX);
	const named = (at: number, kind: SymbolKind, container: string): void => {
		if (t.kind(at) === WORD && t.word(at) !== '_') emit(t.word(at), kind, t.start(at), container);
	};
	items(0, t.length, '', false);

	function items(from: number, to: number, container: string, inType: boolean): void {
		for (let at = from; at < to; ) {
			const next = item(at, to, container, inType);
			at = next > at ? next : at + 1;
		}
	}
	function item(at: number, to: number, container: string, inType: boolean): number {
		const next = at + 1;
		switch (t.word(at)) {
			case 'fn':
				if (t.kind(next) !== WORD) return next;
				named(next, inType ? 'method' : 'function', container);
				return body(next, to, t.word(next), false);
			case 'struct':
			case 'union':
				if (t.kind(next) !== WORD) return next;
				named(next, 'struct', container);
				return fields(next, to);
			case 'enum':
				if (t.kind(next) !== WORD) return next;
				named(next, 'enum', container);
				return variants(next, to);
			case 'trait':
				if (t.kind(next) !== WORD) return next;
				named(next, 'interface', container);
				return body(next, to, t.word(next), true);
			case 'mod':
				named(next, 'module', container);
				return body(next, to, t.word(next), false);
			case 'impl':
				return body(at, to, implemented(next, to), true);
			case 'type':
				named(next, 'type', container);
				return next;
			case 'const':
			case 'static': {
				const name = t.word(next) === 'mut' ? next + 1 : next;
				if (t.is(name + 1, ':')) named(name, 'constant', container);
				return name;
			}
			case 'macro_rules':
				if (t.is(next, '!')) {
					named(next + 1, 'macro', container);
					return t.past(next + 2);
				}
				return next;
			default:
				return next;
		}
	}
	/** Behind the braces that come next; what is defined in them belongs to `container`. */
	function body(from: number, to: number, container: string, inType: boolean): number {
		for (let at = from; at < to; at = t.past(at)) {
			if (t.is(at, ';') || t.is(at, '}')) return at;
			if (!t.is(at, '{')) continue;
			const end = t.match(at);
			if (end < 0) return at + 1;
			items(at + 1, end, container, inType);
			return end + 1;
		}
		return to;
	}
	/** The type that gets what an `impl` has. */
	function implemented(from: number, to: number): string {
		let name = '';
		let depth = 0;
		for (let at = from; at < to && !t.is(at, '{') && !t.is(at, ';'); at = t.past(at)) {
			if (t.is(at, '<')) depth++;
			else if (t.is(at, '>') && !t.is(at - 1, '-')) depth--;
			else if (depth > 0) continue;
			else if (t.word(at) === 'where') break;
			else if (t.word(at) === 'for') name = '';
			else if (t.kind(at) === WORD && !/^(?:dyn|mut|const|unsafe)$/.test(t.word(at))) {
				name = t.word(at);
			}
		}
		return name;
	}
	function opening(from: number, to: number): number {
		for (let at = from; at < to; at = t.past(at)) {
			if (t.is(at, '{')) return at;
			if (t.is(at, ';') || t.is(at, '}')) return -1;
		}
		return -1;
	}
	function fields(name: number, to: number): number {
		const open = opening(name, to);
		const end = open < 0 ? -1 : t.match(open);
		if (end < 0) return name + 1;
		fieldsIn(open, end, t.word(name));
		return end + 1;
	}
	function fieldsIn(open: number, end: number, container: string): void {
		for (let at = open + 1; at < end; at = t.past(at)) {
			const single = t.is(at + 1, ':') && !t.is(at + 2, ':') && !t.is(at - 1, ':');
			if (t.kind(at) !== WORD || !single) continue;
			named(at, 'property', container);
			let depth = 0;
			for (at += 2; at < end; at = t.past(at)) {
				if (t.is(at, '<')) depth++;
				else if (t.is(at, '>') && !t.is(at - 1, '-')) depth--;
				else if (t.is(at, ',') && depth <= 0) break;
			}
			at--;
			if (at + 1 >= end) return;
			at++;
		}
	}
	function variants(name: number, to: number): number {
		const open = opening(name, to);
		const end = open < 0 ? -1 : t.match(open);
		if (end < 0) return name + 1;
		let expected = true;
		for (let at = open + 1; at < end; at = t.past(at)) {
			if (t.is(at, '#') && t.is(at + 1, '[')) {
				at = t.match(at + 1);
				if (at < 0) return end + 1;
			} else if (t.is(at, ',')) expected = true;
			else if (expected && t.kind(at) === WORD) {
				named(at, 'enumMember', t.word(name));
				expected = false;
			}
		}
		return end + 1;
	}
};
