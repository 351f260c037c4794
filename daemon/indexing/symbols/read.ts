/** The names that a file defines, by what its name says of its language. */
import { type LineSyntax, readerByLine } from './languages/byLine.ts';
import { readC } from './languages/c.ts';
import { readGo } from './languages/go.ts';
import { readJava, readSharp } from './languages/java.ts';
import {
	ANNOUNCED,
	BLOCKS,
	CMAKE,
	ELIXIR,
	ERLANG,
	HASKELL,
	LISP,
	LUA,
	MAKE,
	MARKDOWN,
	ML,
	PERL,
	PROTO,
	R,
	RUBY,
	SHELL,
	SQL,
	STYLE,
	TERRAFORM,
} from './languages/lineRules.ts';
import { readPhp } from './languages/php.ts';
import { readPython } from './languages/python.ts';
import { readRust } from './languages/rust.ts';
import { readScript } from './languages/script.ts';
import type { Reader, TextSymbol } from './symbol.ts';

/** Of one file: more are generated. */
const MOST = 20_000;
const NAME_LENGTH = 256;
const PACKED_LENGTH = 20_000;
const PACKED_LINE = 400;

const READERS = new Map<string, Reader>();
const add = (endings: string, reader: Reader): void => {
	for (const ending of endings.split(' ')) READERS.set(ending, reader);
};
const lines = (endings: string, syntax: LineSyntax): void => add(endings, readerByLine(syntax));
add('c h cc cpp cxx c++ hh hpp hxx h++ ipp tcc inl ino cu cuh m mm', readC);
add('js mjs cjs jsx ts mts cts tsx vue svelte', readScript);
add('py pyi pyw', readPython);
add('go', readGo);
add('rs', readRust);
add('java', readJava);
add('cs', readSharp);
add('php phtml php5 inc', readPhp);
lines('rb rake gemspec ru', RUBY);
lines('pl pm t', PERL);
lines('sh bash zsh ksh bats', SHELL);
lines('lua', LUA);
lines('kt kts swift scala sc dart groovy gradle zig', ANNOUNCED);
lines('ex exs', ELIXIR);
lines('el lisp lsp cl clj cljs cljc scm ss rkt', LISP);
lines('hs lhs', HASKELL);
lines('ml mli fs fsi fsx sml', ML);
lines('erl hrl', ERLANG);
lines('sql', SQL);
lines('mk mak makefile gnumakefile', MAKE);
lines('cmake cmakelists.txt', CMAKE);
lines('proto graphql gql thrift', PROTO);
lines('css scss less sass', STYLE);
lines('md markdown mdx', MARKDOWN);
lines('tf hcl', TERRAFORM);
lines('r', R);
lines('jl nim pas pp f f90 f95 f03 for vb bas', BLOCKS);

const INTERPRETERS: readonly (readonly [RegExp, string])[] = [
	[/\b(?:ba|da|z|k)?sh\b/, 'sh'],
	[/\bpython/, 'py'],
	[/\bnode\b/, 'js'],
	[/\bperl\b/, 'pl'],
	[/\bruby\b/, 'rb'],
	[/\bphp\b/, 'php'],
	[/\blua/, 'lua'],
];

/** Lines that long on average were made by a program. */
function isPacked(text: string): boolean {
	if (text.length < PACKED_LENGTH) return false;
	let lines = 1;
	for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
	return text.length / lines > PACKED_LINE;
}

function readerOf(path: string, text: string): Reader | undefined {
	const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
	const dot = name.lastIndexOf('.');
	const known = READERS.get(name) ?? (dot < 0 ? undefined : READERS.get(name.slice(dot + 1)));
	if (known !== undefined || dot > 0 || !text.startsWith('#!')) return known;
	const line = text.slice(0, text.indexOf('\n', 2));
	const ending = INTERPRETERS.find(([pattern]) => pattern.test(line))?.[1];
	return ending === undefined ? undefined : READERS.get(ending);
}

/** In the order in which they stand. Empty where the language is not known, and of what no person wrote. */
export function readSymbols(path: string, text: string): TextSymbol[] {
	const reader = readerOf(path, text);
	if (reader === undefined || isPacked(text)) return [];
	const found: TextSymbol[] = [];
	try {
		reader(text, (name, kind, at, container = '') => {
			if (found.length < MOST && name.length <= NAME_LENGTH) {
				found.push({ name, kind, at, container });
			}
		});
	} catch (error) {
		// Brackets in brackets by the ten thousand: what was found before stands.
		if (!(error instanceof RangeError)) throw error;
	}
	return found.sort((a, b) => a.at - b.at);
}
