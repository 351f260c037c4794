/** Changes of other programs' configurations: text in, text out; comments and layout stay as they are. */
import { applyEdits, type Edit, modify, type ParseError, parse } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import type { HostFormat } from './hosts.ts';

/** How we are called among the servers of a host. */
export const SERVER = 'semantica';

/** In words, why a file is left alone. */
export class Unclear extends Error {}

/** @throws Unclear where the text is not what the host would understand */
export function withServer(text: string, format: HostFormat, command: string): string {
	return format.kind === 'toml'
		? withTable(text, command)
		: withValue(text, [format.key, SERVER], format.entry(command));
}

/** Takes away what `withServer` wrote; an entry of the same name for another program stays. */
export function withoutServer(text: string, format: HostFormat, command: string): string {
	if (format.kind === 'toml') return withoutTable(text);
	const { [format.key]: servers } = parsed(text) as Record<string, Record<string, unknown>>;
	const own = servers?.[SERVER] as { readonly command?: unknown } | undefined;
	if (own?.command !== command) return text;
	const isLast = Object.keys(servers ?? {}).length === 1;
	return withValue(text, isLast ? [format.key] : [format.key, SERVER], undefined);
}

function withValue(text: string, path: string[], value: unknown): string {
	const known = parsed(text);
	if (typeof known !== 'object' || known === null || Array.isArray(known)) {
		throw new Unclear('it holds no object');
	}
	const base = text.trim() === '' ? '{}\n' : text;
	// Laid out by the library, what stands beside it would be laid out anew.
	const edits = modify(base, path, value, {});
	const levels = Math.min(levelsOf(known, path) + 1, path.length);
	return applyEdits(
		base,
		edits.map((edit) => (value === undefined ? edit : laidOut(base, edit, levels))),
	);
}

/** What is inserted, on lines of its own, as the file is laid out. */
function laidOut(text: string, edit: Edit, levels: number): Edit {
	const [, comma = '', name = '', json = ''] = /^(,?)("[^"]*":)?(.*)$/s.exec(edit.content) ?? [];
	const eol = text.includes('\r\n') ? '\r\n' : '\n';
	const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
	const own = indent.repeat(levels);
	const value = JSON.stringify(JSON.parse(json), null, indent).replaceAll('\n', eol + own);
	if (name === '') return { ...edit, content: value };
	const before = comma + eol + own;
	const isAlone = text.charAt(edit.offset + edit.length) === '}';
	const after = isAlone && comma === '' ? eol + indent.repeat(levels - 1) : '';
	return { ...edit, content: `${before}${name} ${value}${after}` };
}

/** Of what is there, how many levels of the path. */
function levelsOf(value: unknown, [name, ...rest]: readonly string[]): number {
	if (name === undefined || typeof value !== 'object' || value === null) return 0;
	const below: unknown = (value as Record<string, unknown>)[name];
	return below === undefined ? 0 : 1 + levelsOf(below, rest);
}

function parsed(text: string): unknown {
	if (text.trim() === '') return {};
	const errors: ParseError[] = [];
	const value: unknown = parse(text, errors, { allowTrailingComma: true });
	if (errors.length > 0) throw new Unclear('it is not valid JSON');
	return value;
}

const BEGIN = '# >>> semantica';
const END = '# <<< semantica';

// A table at the end of a file changes nothing of what stands before it, and is taken away as it was written.
function withTable(text: string, command: string): string {
	const others = withoutTable(text);
	const { mcp_servers: servers } = parsedToml(others) as { mcp_servers?: Record<string, unknown> };
	if (servers !== undefined && SERVER in servers) {
		throw new Unclear(`it has a server "${SERVER}" already that is not from here`);
	}
	const table = [
		BEGIN,
		`[mcp_servers.${SERVER}]`,
		`command = ${JSON.stringify(command)}`,
		'args = ["mcp"]',
		END,
		'',
	].join('\n');
	const gap = others === '' ? '' : others.endsWith('\n') ? '\n' : '\n\n';
	const after = others + gap + table;
	parsedToml(after);
	return after;
}

function withoutTable(text: string): string {
	parsedToml(text);
	return withoutBlock(text, BEGIN, END);
}

function parsedToml(text: string): unknown {
	try {
		return parseToml(text);
	} catch {
		throw new Unclear('it is not valid TOML');
	}
}

/** Marks of our part in a document for people and models. */
const MARKS = ['<!-- semantica -->', '<!-- /semantica -->'] as const;

export function withSection(text: string, section: string): string {
	const others = withoutSection(text);
	const gap = others === '' ? '' : others.endsWith('\n') ? '\n' : '\n\n';
	return `${others}${gap}${MARKS[0]}\n${section.trim()}\n${MARKS[1]}\n`;
}

export const withoutSection = (text: string): string => withoutBlock(text, ...MARKS);

/** With the empty line before it. */
function withoutBlock(text: string, begin: string, end: string): string {
	const from = text.indexOf(begin);
	const to = text.indexOf(end, from);
	if (from === -1 || to === -1) return text;
	const before = text.slice(0, from).replace(/\n\n$/, '\n');
	return before + text.slice(to + end.length).replace(/^\r?\n/, '');
}
