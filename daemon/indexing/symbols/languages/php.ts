/** PHP. */
import type { Reader, SymbolKind } from '../symbol.ts';
import { readTokens, STRING, type Syntax, WORD } from '../tokens.ts';

const SYNTAX: Syntax = {
	lineComment: ['//', '#'],
	blockComment: ['/*', '*/'],
	quotes: '',
	longQuotes: '"\'',
	inWords: '$\\',
};
const TYPES: Readonly<Record<string, SymbolKind>> = {
	class: 'class',
	interface: 'interface',
	trait: 'class',
	enum: 'enum',
};
const MODIFIER = /^(?:public|private|protected|static|var|final|abstract|readonly)$/i;

export const readPhp: Reader = (text, emit) => {
	const begin = text.indexOf('<?');
	if (begin === -1) return;
	// What stands before may have quotes that mean nothing. An attribute is no comment.
	const code = ' '.repeat(begin) + text.slice(begin).replaceAll('#[', ' [');
	const t = readTokens(code, SYNTAX);
	const bodies: { readonly end: number; readonly name: string; readonly isType: boolean }[] = [];
	for (let at = 0; at < t.length; at++) {
		while ((bodies.at(-1)?.end ?? t.length) < at) bodies.pop();
		const body = bodies.at(-1);
		const container = body?.name ?? '';
		const word = t.word(at).toLowerCase();
		if (word === '' || t.is(at - 1, '>') || t.is(at - 1, ':')) continue;
		const next = at + 1;
		if (TYPES[word] !== undefined && t.kind(next) === WORD && !t.is(next + 1, '(')) {
			if (t.word(next) === 'extends' || t.word(next) === 'implements') continue;
			emit(t.word(next), TYPES[word] ?? 'class', t.start(next), container);
			enter(next, true);
		} else if (word === 'function') {
			const name = t.is(next, '&') ? next + 1 : next;
			if (t.kind(name) !== WORD || !t.is(name + 1, '(')) continue;
			emit(t.word(name), body?.isType ? 'method' : 'function', t.start(name), container);
			promoted(name + 1, container);
			enter(name, false);
		} else if (word === 'namespace' && t.kind(next) === WORD) {
			emit(t.word(next), 'module', t.start(next), '');
		} else if (word === 'const') {
			let name = next;
			while (t.kind(name + 1) === WORD) name++;
			if (t.is(name + 1, '=')) emit(t.word(name), 'constant', t.start(name), container);
		} else if (word === 'define' && t.is(next, '(') && t.kind(next + 1) === STRING) {
			const name = t.text.slice(t.start(next + 1) + 1, t.end(next + 1) - 1);
			if (/^\w+$/.test(name)) emit(name, 'constant', t.start(next + 1) + 1, '');
		} else if (word === 'case' && body?.isType && t.kind(next) === WORD) {
			emit(t.word(next), 'enumMember', t.start(next), container);
		} else if (body?.isType && MODIFIER.test(word)) {
			let name = t.is(next, '?') ? next + 1 : next;
			while (
				t.kind(name) === WORD &&
				!t.word(name).startsWith('$') &&
				t.word(name) !== 'function'
			) {
				name++;
				while (t.is(name, '?') || t.is(name, '|')) name++;
			}
			if (!t.is(name + 1, '=') && !t.is(name + 1, ';') && !t.is(name + 1, ',')) continue;
			variable(name, 'property', container);
			at = name;
		} else if (body?.isType !== true && t.is(next, '=') && !/[=>]/.test(sign(next + 1))) {
			if (body === undefined) variable(at, 'variable', container);
		}
	}

	function sign(at: number): string {
		return t.text.slice(t.start(at), t.end(at)).slice(0, 1);
	}
	function variable(at: number, kind: SymbolKind, container: string): void {
		const name = t.word(at);
		if (name.startsWith('$') && name.length > 1) {
			emit(name.slice(1), kind, t.start(at) + 1, container);
		}
	}
	/** Parameters of a constructor that are properties. */
	function promoted(open: number, container: string): void {
		const end = t.match(open);
		for (let at = open + 1; at < end; at++) {
			if (!/^(?:public|private|protected)$/.test(t.word(at))) continue;
			while (at < end && !t.word(at).startsWith('$')) at++;
			variable(at, 'property', container);
		}
	}
	function enter(name: number, isType: boolean): void {
		for (let at = name + 1; at < t.length; at = t.past(at)) {
			if (t.is(at, ';')) return;
			if (!t.is(at, '{')) continue;
			if (t.match(at) > 0) bodies.push({ end: t.match(at), name: t.word(name), isType });
			return;
		}
	}
};
