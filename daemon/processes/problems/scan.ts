/** Finding problems in lines, in one pass. What is begun and not ended is plain data: whoever asks keeps it. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	type Matcher,
	PROBLEM_LIMITS,
	type Problem,
	type Severity,
} from '../../../shared/problems.ts';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import type { Patterns } from '../readiness/patterns.ts';
import { type CompiledMatcher, compileMatcher, type Groups, type LineMatcher } from './compile.ts';

type Field =
	| 'file'
	| 'location'
	| 'line'
	| 'column'
	| 'endLine'
	| 'endColumn'
	| 'severity'
	| 'code'
	| 'message';
type Fields = { readonly [Name in Field]?: string };

/** A problem of several lines of which some were seen. */
interface Begun {
	/** The line that comes next. */
	readonly at: number;
	readonly fields: Fields;
}

/** Between two looks at one stream. */
export interface ScanState {
	/** Of each sequence that has begun any, by its place among all. */
	readonly begun: Readonly<Record<number, readonly Begun[]>>;
	/** Where make says that it is, the innermost last. */
	readonly folders: readonly string[];
}

export const NOTHING_BEGUN: ScanState = { begun: {}, folders: [] };

export interface ScanRequest {
	readonly matchers: readonly Matcher[];
	readonly cwd: string;
	readonly workspace: string;
	readonly lines: readonly string[];
	readonly state: ScanState;
}

export interface Scanned {
	readonly problems: readonly Problem[];
	readonly state: ScanState;
}

const FIELDS = [
	'file',
	'location',
	'line',
	'column',
	'endLine',
	'endColumn',
	'severity',
	'code',
	'message',
] as const satisfies readonly Field[];
const MAKE = /^\w*make(?:\[\d+\])?: (Entering|Leaving) directory ['`](.+)'$/;
/** make within make within make. */
const MOST_FOLDERS = 100;

export function scanForProblems(request: ScanRequest, patterns: Pick<Patterns, 'groups'>): Scanned {
	const { cwd, workspace } = request;
	const matchers = request.matchers.map((one) => compileMatcher(one, patterns, cwd, workspace));
	const followsMake = matchers.some(({ foldersOfMake }) => foldersOfMake);
	const begun: Record<number, readonly Begun[]> = { ...request.state.begun };
	let folders = [...request.state.folders];
	const problems: Problem[] = [];
	for (const printed of request.lines) {
		const line = shownLine(printed);
		const make = followsMake ? MAKE.exec(line) : null;
		if (make !== null) {
			if (make[1] === 'Leaving') folders.pop();
			else folders = [...folders, make[2] ?? ''].slice(-MOST_FOLDERS);
		}
		let place = 0;
		let found: Problem | undefined;
		for (const matcher of matchers) {
			const folder = matcher.foldersOfMake ? (folders.at(-1) ?? matcher.folder) : matcher.folder;
			for (const sequence of matcher.sequences) {
				const { ended, goesOn } = step(sequence, begun[place] ?? [], line);
				if (goesOn.length > 0) begun[place] = goesOn;
				else delete begun[place];
				place++;
				// Whoever comes first: one line is one problem.
				if (ended !== undefined) found ??= problemOf(ended, matcher, folder, sequence);
			}
		}
		if (found !== undefined) problems.push(found);
	}
	return { problems, state: { begun, folders } };
}

/** What a terminal shows of it: without codes and links, and only what was written last over the rest. */
function shownLine(printed: string): string {
	const text = withoutTerminalCodes(printed);
	return text.includes('\r') ? (text.replace(/\r+$/, '').split('\r').at(-1) ?? '') : text;
}

function step(
	sequence: readonly LineMatcher[],
	begun: readonly Begun[],
	line: string,
): { ended: Fields | undefined; goesOn: Begun[] } {
	const goesOn: Begun[] = [];
	let ended: Fields | undefined;
	// One for each next line is enough: the one that has come furthest was there first.
	const keep = (next: Begun) => {
		if (!goesOn.some(({ at }) => at === next.at)) goesOn.push(next);
	};
	for (const one of [...begun, { at: 0, fields: {} }]) {
		const before = sequence[one.at - 1];
		if (before?.repeat === true && before.match(line) !== undefined) keep(one);
		const pattern = sequence[one.at];
		const groups = pattern?.match(line);
		if (pattern === undefined || groups === undefined) continue;
		const fields = merged(one.fields, pattern, groups);
		if (one.at < sequence.length - 1) keep({ at: one.at + 1, fields });
		else {
			ended ??= fields;
			if (pattern.loop === true && sequence.length > 1) keep(one);
		}
	}
	return { ended, goesOn };
}

/** What was said first stands; a message goes on from line to line. */
function merged(fields: Fields, pattern: LineMatcher, groups: Groups): Fields {
	const all: { [Name in Field]?: string } = { ...fields };
	for (const name of FIELDS) {
		const group = pattern[name];
		const said = group === undefined ? undefined : groups[group];
		if (said === undefined) continue;
		const before = all[name];
		if (before === undefined) all[name] = said;
		else if (name === 'message') all[name] = `${before}\n${said}`.slice(0, PROBLEM_LIMITS.message);
	}
	return all;
}

function problemOf(
	fields: Fields,
	matcher: CompiledMatcher,
	folder: string,
	sequence: readonly LineMatcher[],
): Problem | undefined {
	const message = (fields.message ?? '').trim().slice(0, PROBLEM_LIMITS.message);
	if (message === '') return undefined;
	const namesFile = sequence.some(({ file }) => file !== undefined);
	const file = fileOf(fields.file, folder);
	if (namesFile && file === undefined) return undefined;
	const isWholeFile = sequence.some(({ kind }) => kind === 'file');
	const at = isWholeFile ? { line: 1 } : locationOf(fields);
	const code = fields.code?.slice(0, PROBLEM_LIMITS.word);
	const { source } = matcher;
	return {
		severity: severityOf(fields.severity) ?? matcher.severity,
		message,
		...(file === undefined ? {} : { file }),
		...at,
		...(code === undefined || code === '' ? {} : { code }),
		...(source === undefined ? {} : { source }),
	};
}

export function fileOf(said: string | undefined, folder: string): string | undefined {
	const name = said?.trim() ?? '';
	if (name === '' || name.length > PROBLEM_LIMITS.file || name.includes('\0')) return undefined;
	if (!name.startsWith('file:')) return isAbsolute(name) ? resolve(name) : resolve(folder, name);
	try {
		return fileURLToPath(name);
	} catch {
		return undefined;
	}
}

function locationOf(fields: Fields): Partial<Problem> {
	const [line, column, endLine, endColumn] = fields.location?.split(',') ?? [];
	const numbers = {
		line: numberOf(fields.line ?? line),
		column: numberOf(fields.column ?? column),
		endLine: numberOf(fields.endLine ?? endLine),
		endColumn: numberOf(fields.endColumn ?? endColumn),
	};
	return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
}

function numberOf(text: string | undefined): number | undefined {
	const number = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
	return number === 0 ? undefined : number;
}

/** The words that programs have for it. */
function severityOf(said: string | undefined): Severity | undefined {
	const word = said?.toLowerCase();
	if (word === undefined || word === '') return undefined;
	if (/^(?:fatal error|fatal|error|e|f)$/.test(word)) return 'error';
	if (/^(?:warning|warn|w)$/.test(word)) return 'warning';
	if (/^(?:info|information|note|notice|message|hint|i)$/.test(word)) return 'info';
	return undefined;
}
