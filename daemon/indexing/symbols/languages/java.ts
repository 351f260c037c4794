/** Java, C#, Kotlin, Swift and what looks like them: types with members in braces. */
import type { Emit, Reader, SymbolKind } from '../symbol.ts';
import { readTokens, STRING, type Syntax, type Tokens, WORD } from '../tokens.ts';

const SYNTAX: Syntax = {
	lineComment: ['//'],
	blockComment: ['/*', '*/'],
	quotes: '"\'',
	tripleQuotes: true,
};
const SHARP: Syntax = { ...SYNTAX, tripleQuotes: false, verbatim: true, directives: true };
const TYPES: Readonly<Record<string, SymbolKind>> = {
	class: 'class',
	interface: 'interface',
	enum: 'enum',
	record: 'class',
	struct: 'struct',
};
const NOT_NAMES =
	/^(?:if|else|for|while|do|switch|case|catch|try|finally|return|throw|new|assert|super|this|static|final|public|private|protected|abstract|void|int|long|double|float|boolean|char|byte|short|default|throws|goto|break|continue|import|instanceof|synchronized)$/;
const NOT_SHARP_NAMES =
	/^(?:foreach|using|lock|fixed|base|internal|bool|string|object|decimal|uint|ulong|sbyte|ushort|is|as|in|out|ref|checked|unchecked|unsafe|params|virtual|override|sealed|readonly|const|typeof)$/;
const VALUE_WORDS =
	/^(?:return|throw|new|goto|break|continue|import|using|package|yield|await|case|else)$/;

export const readJava: Reader = (text, emit) => {
	const t = readTokens(text, SYNTAX);
	createReader(t, emit, false).members(0, t.length, '', 'file');
};

export const readSharp: Reader = (text, emit) => {
	const t = readTokens(text, SHARP);
	createReader(t, emit, true).members(0, t.length, '', 'file');
};

/** A sign that is no bracket is not looked for its partner further than that. */
const MOST_IN_ANGLES = 2000;

function createReader(t: Tokens, emit: Emit, isSharp: boolean) {
	const named = (at: number, kind: SymbolKind, container: string): void => {
		const word = t.word(at);
		if (word === '' || NOT_NAMES.test(word) || (isSharp && NOT_SHARP_NAMES.test(word))) return;
		emit(word, kind, t.start(at), container);
	};

	function members(from: number, to: number, container: string, place: SymbolKind | 'file'): void {
		for (let at = from; at < to; ) {
			const next = member(at, to, container, place);
			at = next > at ? next : at + 1;
		}
	}
	/** @returns Behind it. */
	function member(from: number, to: number, container: string, place: SymbolKind | 'file'): number {
		let at = from;
		/** The last word at this level; of a function, its name. */
		let last = -1;
		let called = -1;
		while (at < to) {
			const word = t.word(at);
			if (t.is(at, '@') && t.word(at + 1) !== 'interface') {
				at += 2;
				while (t.is(at, '.')) at += 2;
				if (t.is(at, '(')) at = t.past(at);
				continue;
			}
			if (t.is(at, '[') && last < 0) {
				at = t.past(at);
				continue;
			}
			if (word !== '') {
				if (TYPES[word] !== undefined && called < 0 && t.kind(at + 1) === WORD) {
					const behind = typeAt(at, to, container);
					if (behind >= 0) return behind;
				}
				if (word === 'namespace' && place === 'file') return namespaceAt(at, to);
				if (word === 'package' && place === 'file') return packageAt(at, to);
				if (word === 'import' || (word === 'using' && place === 'file'))
					return statementEnd(at, to);
				if (word === 'delegate' && place !== 'method') return delegateAt(at, to, container);
				if (word === 'operator' || word === 'where' || word === 'throws' || word === 'default') {
					// What follows belongs to what stands before.
					if (word === 'operator' && isSharp) {
						let open = at + 1;
						while (open < at + 8 && !t.is(open, '(')) open++;
						const sign = t.text.slice(t.end(at), t.start(open)).trim();
						emit(`operator ${sign}`, 'method', t.start(at), container);
						last = -1;
					}
					if (called >= 0 || word === 'operator') {
						at++;
						while (at < to && !t.is(at, '{') && !t.is(at, ';') && !t.is(at, '(')) at = t.past(at);
						continue;
					}
				}
				if (called < 0) last = at;
				at++;
				continue;
			}
			if (t.is(at, '<') && last >= 0) {
				at = pastAngles(at, to);
				continue;
			}
			if (t.is(at, '[')) {
				// An indexer has parameters in these.
				at = t.past(at);
				continue;
			}
			if (t.is(at, '(')) {
				if (t.match(at) < 0) return at + 1;
				if (called < 0 && last >= 0) called = last;
				at = t.past(at);
				continue;
			}
			if (t.is(at, '{')) return braces(at, to, container, place, called, last, from);
			if (t.is(at, ';') || t.is(at, '=') || t.is(at, ',')) {
				return called >= 0
					? declared(at, to, container, place, called)
					: fieldsAt(at, to, container, place, last, from);
			}
			if (t.is(at, '}')) return at + 1;
			if (t.is(at, ':') && place === 'file' && called < 0) {
				at++;
				continue;
			}
			if (t.is(at, ':') && called >= 0) {
				while (at < to && !t.is(at, '{') && !t.is(at, ';')) at = t.past(at);
				continue;
			}
			at++;
		}
		return to;
	}
	function braces(
		open: number,
		to: number,
		container: string,
		place: SymbolKind | 'file',
		called: number,
		last: number,
		from: number,
	): number {
		const end = t.match(open);
		if (end < 0) return open + 1;
		if (called >= 0) {
			if (place !== 'file') named(called, 'method', container);
			else named(called, 'function', container);
			inner(open + 1, end, t.word(called));
			return end + 1;
		}
		if (last > from && place !== 'file') {
			// With get and set.
			const name = t.word(last) === 'this' ? -1 : last;
			if (name >= 0) named(name, 'property', container);
			inner(open + 1, end, container);
			let at = end + 1;
			if (t.is(at, '=')) at = statementEnd(at, to);
			return at;
		}
		inner(open + 1, end, container);
		return end + 1;
	}
	/** Types within code, as those without a name. */
	function inner(from: number, to: number, container: string): void {
		for (let at = from; at < to; at++) {
			if (t.kind(at) !== WORD) continue;
			const word = t.word(at);
			if (TYPES[word] !== undefined && t.kind(at + 1) === WORD && !t.is(at - 1, '.')) {
				const behind = typeAt(at, to, container);
				if (behind > at) at = behind - 1;
			} else if (word === 'new') {
				const behind = anonymous(at, to, container);
				if (behind > at) at = behind - 1;
			}
		}
	}
	/** `new Type(…) { members }`; -1 where it is none. */
	function anonymous(from: number, to: number, container: string): number {
		let at = from + 1;
		while (at < to && (t.kind(at) === WORD || t.is(at, '.'))) at++;
		if (t.is(at, '<')) at = pastAngles(at, to);
		if (!t.is(at, '(')) return -1;
		const open = t.past(at);
		const end = t.match(open);
		if (!t.is(open, '{') || end < 0) return -1;
		inner(at + 1, t.match(at), container);
		// An object of C# is given values there.
		if (t.kind(open + 1) === WORD && t.is(open + 2, '=')) return end + 1;
		members(open + 1, end, container, 'class');
		return end + 1;
	}
	function declared(
		at: number,
		to: number,
		container: string,
		place: SymbolKind | 'file',
		called: number,
	): number {
		const isArrow = t.is(at, '=') && t.is(at + 1, '>');
		if (place !== 'file' && !VALUE_WORDS.test(t.word(called - 1)) && !t.is(called - 1, '.')) {
			if (!t.is(at, ',')) named(called, 'method', container);
		}
		return isArrow || !t.is(at, ',') ? statementEnd(at, to) : at + 1;
	}
	function fieldsAt(
		sign: number,
		to: number,
		container: string,
		place: SymbolKind | 'file',
		first: number,
		from: number,
	): number {
		if (first <= from || place === 'file') return statementEnd(sign, to);
		let at = sign;
		let name = first;
		for (;;) {
			named(name, t.is(at, '=') && t.is(at + 1, '>') ? 'property' : kindOf(from, name), container);
			const start = at;
			while (at < to && !t.is(at, ',') && !t.is(at, ';') && !t.is(at, '}')) {
				at = t.is(at, '<') ? Math.max(at + 1, pastAngles(at, to)) : t.past(at);
			}
			inner(start, at, t.word(name));
			if (!t.is(at, ',') || t.kind(at + 1) !== WORD) return statementEnd(at, to);
			name = at + 1;
			at = name + 1;
			while (t.is(at, '[')) at = t.past(at);
			if (!t.is(at, ',') && !t.is(at, ';') && !t.is(at, '=')) return statementEnd(at, to);
		}
	}
	function kindOf(from: number, name: number): SymbolKind {
		for (let at = from; at < name; at++) {
			if (/^(?:final|const)$/.test(t.word(at))) return 'constant';
		}
		return 'property';
	}
	/** @returns Behind it; -1 where it is no type. */
	function typeAt(from: number, to: number, container: string): number {
		const word = t.word(from);
		let name = from + 1;
		if (word === 'record' && /^(?:class|struct)$/.test(t.word(name))) name++;
		let at = name + 1;
		if (t.is(at, '<')) at = pastAngles(at, to);
		if (word === 'record' && !t.is(at, '(') && !t.is(at, '{') && !t.is(at, ';')) return -1;
		let parameters = -1;
		if (t.is(at, '(')) {
			parameters = at;
			at = t.past(at);
		}
		while (at < to && !t.is(at, '{') && !t.is(at, ';') && !t.is(at, '=') && !t.is(at, ')')) {
			at = t.past(at);
		}
		const kind = TYPES[word] ?? 'class';
		named(name, kind, container);
		if (parameters >= 0) {
			for (let one = parameters + 1; one < t.match(parameters); one = t.past(one)) {
				const isName = t.is(one + 1, ',') || one + 1 === t.match(parameters);
				if (isName) named(one, 'property', t.word(name));
			}
		}
		if (!t.is(at, '{')) return at + 1;
		const end = t.match(at);
		if (end < 0) {
			members(at + 1, to, t.word(name), kind);
			return to;
		}
		const begin = kind === 'enum' ? enumerators(at + 1, end, t.word(name)) : at + 1;
		members(begin, end, t.word(name), kind);
		return end + 1;
	}
	/** @returns Where the members begin. */
	function enumerators(from: number, to: number, container: string): number {
		let expected = true;
		for (let at = from; at < to; at = t.past(at)) {
			if (t.is(at, ';')) return at + 1;
			if (t.is(at, '@')) {
				at++;
				if (t.is(at + 1, '(')) at = t.match(at + 1);
				if (at < 0) return to;
			} else if (expected && t.kind(at) === WORD) {
				named(at, 'enumMember', container);
				expected = false;
			} else if (t.is(at, '{') && t.match(at) > at) {
				members(at + 1, t.match(at), container, 'class');
			} else if (t.is(at, ',')) expected = true;
		}
		return to;
	}
	function namespaceAt(from: number, to: number): number {
		let at = from + 1;
		while (at < to && !t.is(at, '{') && !t.is(at, ';')) at++;
		const name = t.text.slice(t.start(from + 1), t.end(at - 1));
		if (/^[\w.]+$/.test(name)) emit(name, 'module', t.start(from + 1), '');
		const end = t.match(at);
		if (end < 0) return at + 1;
		members(at + 1, end, name, 'file');
		return end + 1;
	}
	function packageAt(from: number, to: number): number {
		const end = statementEnd(from, to);
		const name = t.text.slice(t.start(from + 1), t.end(end - 2));
		if (/^[\w.]+$/.test(name)) emit(name, 'module', t.start(from + 1), '');
		return end;
	}
	function delegateAt(from: number, to: number, container: string): number {
		const end = statementEnd(from, to);
		for (let at = from + 1; at < end; at++) {
			if (t.is(at, '(')) {
				let name = at - 1;
				if (t.is(name, '>')) while (name > from && !t.is(name + 1, '<')) name--;
				named(name, 'type', container);
				break;
			}
		}
		return end;
	}
	/** Behind the semicolon at this level. */
	function statementEnd(from: number, to: number): number {
		let at = from;
		while (at < to && !t.is(at, ';') && !t.is(at, '}')) {
			if (t.kind(at) === STRING) at++;
			else at = t.past(at);
		}
		return Math.min(at + 1, to);
	}
	function pastAngles(from: number, to: number): number {
		let depth = 0;
		const end = Math.min(to, from + MOST_IN_ANGLES);
		for (let at = from; at < end; at = t.past(at)) {
			if (t.is(at, '<')) depth++;
			else if (t.is(at, '>') && --depth === 0) return at + 1;
			else if (t.is(at, ';') || t.is(at, '{') || t.is(at, '(') || t.is(at, ')')) return at;
		}
		return end;
	}
	return { members };
}
