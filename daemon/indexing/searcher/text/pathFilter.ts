/** Which files are meant, by their paths. */
import { compilePattern } from '../../../regex/compile.ts';

export type PathFilter = (path: string) => boolean;

/** By name, beside the ending itself. */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
	bash: ['sh', 'bash'],
	c: ['c', 'h'],
	'c++': ['cc', 'cpp', 'cxx', 'hh', 'hpp', 'hxx', 'h'],
	cpp: ['cc', 'cpp', 'cxx', 'hh', 'hpp', 'hxx', 'h'],
	'c#': ['cs'],
	csharp: ['cs'],
	go: ['go'],
	java: ['java'],
	javascript: ['js', 'mjs', 'cjs', 'jsx'],
	js: ['js', 'mjs', 'cjs', 'jsx'],
	kotlin: ['kt', 'kts'],
	markdown: ['md', 'markdown'],
	perl: ['pl', 'pm'],
	php: ['php'],
	python: ['py', 'pyi'],
	ruby: ['rb'],
	rust: ['rs'],
	shell: ['sh', 'bash', 'zsh'],
	swift: ['swift'],
	ts: ['ts', 'tsx', 'mts', 'cts'],
	typescript: ['ts', 'tsx', 'mts', 'cts'],
	yaml: ['yaml', 'yml'],
};

/**
 * Of `paths` one must hold, of `languages` one, and none of the others. A path with * or ? is a glob, of the name
 * alone where it has no slash; any other is a part of the path, in whatever case.
 */
export function createPathFilter(
	paths: readonly string[],
	notPaths: readonly string[],
	languages: readonly string[],
	notLanguages: readonly string[],
): PathFilter {
	const some = paths.map(filterOf);
	const none = [...notPaths.map(filterOf), ...notLanguages.map(inLanguage)];
	const written = languages.map(inLanguage);
	const oneOf = (filters: readonly PathFilter[], path: string) =>
		filters.length === 0 || filters.some((holds) => holds(path));
	return (path) => oneOf(some, path) && oneOf(written, path) && !none.some((holds) => holds(path));
}

function filterOf(wanted: string): PathFilter {
	if (!/[*?]/.test(wanted)) {
		const part = wanted.toLowerCase();
		return (path) => path.toLowerCase().includes(part);
	}
	const source = wanted
		.split(/(\*\*\/|\*\*|\*|\?)/)
		.map((piece) => {
			if (piece === '**/') return '(?:.*/)?';
			if (piece === '**') return '.*';
			if (piece === '*') return '[^/]*';
			return piece === '?' ? '[^/]' : piece.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
		})
		.join('');
	const pattern = compilePattern(
		`^(?:${wanted.includes('/') ? '' : '(?:.*/)?'}${source})$`,
		true,
		'query',
	);
	return (path) => pattern.test(path);
}

function inLanguage(language: string): PathFilter {
	const name = language.toLowerCase();
	const endings = (LANGUAGES[name] ?? [name]).map((ending) => `.${ending}`);
	return (path) => endings.some((ending) => path.toLowerCase().endsWith(ending));
}
