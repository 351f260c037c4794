/** Python. */
import type { Reader, SymbolKind } from '../symbol.ts';
import { readTokens, type Syntax, WORD } from '../tokens.ts';

const SYNTAX: Syntax = {
	lineComment: ['#'],
	quotes: '"\'',
	tripleQuotes: true,
};
const STATEMENT =
	/^(?:import|from|return|pass|raise|if|elif|else|for|while|try|except|finally|with|assert|del|global|nonlocal|yield|await|print|lambda|not|and|or|in|is|break|continue)$/;

interface Block {
	readonly name: string;
	readonly column: number;
	readonly kind: 'class' | 'function';
}

export const readPython: Reader = (text, emit) => {
	const t = readTokens(text, SYNTAX);
	const blocks: Block[] = [];
	/** Where the value of an assignment ends: at the end of its line, and of the brackets in it. */
	for (let at = 0; at < t.length; at = t.past(at)) {
		if (!t.first(at) && !t.is(at - 1, ';')) continue;
		const column = columnOf(text, t.start(at));
		while ((blocks.at(-1)?.column ?? -1) >= column) blocks.pop();
		const block = blocks.at(-1);
		const container = block?.name ?? '';
		let word = t.word(at);
		let name = at + 1;
		if (word === 'async' && t.word(name) === 'def') {
			word = 'def';
			name++;
		}
		if ((word === 'def' || word === 'class') && t.kind(name) === WORD) {
			const kind: SymbolKind =
				word === 'class' ? 'class' : block?.kind === 'class' ? 'method' : 'function';
			emit(t.word(name), kind, t.start(name), container);
			blocks.push({ name: t.word(name), column, kind: word === 'class' ? 'class' : 'function' });
			continue;
		}
		if (block?.kind === 'function' || word === '' || STATEMENT.test(word)) continue;
		if (word === 'type' && t.kind(name) === WORD) {
			emit(t.word(name), 'type', t.start(name), container);
			continue;
		}
		const kind = (target: string): SymbolKind =>
			block !== undefined
				? 'property'
				: /^[A-Z_][A-Z0-9_]*$/.test(target)
					? 'constant'
					: 'variable';
		const targets = targetsOf(at);
		for (const target of targets) {
			emit(t.word(target), kind(t.word(target)), t.start(target), container);
		}
	}

	/** Names that a statement gives a value, as `a = b = 1` and `a, b = 1, 2` do. */
	function targetsOf(from: number): number[] {
		const found: number[] = [];
		let names: number[] = [];
		for (let at = from; at < t.length && (at === from || !t.first(at)); at = t.past(at)) {
			const next = at + 1;
			if (t.kind(at) === WORD) {
				if (names.length > 0 && !t.is(at - 1, ',')) return found;
				names.push(at);
			} else if (t.is(at, '=') && !(t.is(next, '=') && t.start(next) === t.end(at))) {
				found.push(...names);
				names = [];
			} else if (t.is(at, ':') && found.length === 0 && names.length === 1) {
				return t.first(next) ? found : names;
			} else if (!t.is(at, ',')) return found;
		}
		return found;
	}
};

function columnOf(text: string, at: number): number {
	return at - (text.lastIndexOf('\n', at - 1) + 1);
}
