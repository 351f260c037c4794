/** How errors are found in what a task prints: from names and objects of tasks.json to what the daemon takes. */
import type { JobSpecInput } from '../../shared/job.ts';
import { BUILT_IN_MATCHERS, type BuiltInMatcher } from '../../shared/problemTerms.ts';

type Matcher = NonNullable<JobSpecInput['errors']>[number];
type Fields = Readonly<Record<string, unknown>>;

/** What extensions contribute: `contributes.problemMatchers` and `contributes.problemPatterns`. */
export interface Contributed {
	readonly matchers: readonly unknown[];
	readonly patterns: readonly unknown[];
}

const MOST = 10;
const KEPT = ['owner', 'source', 'severity'] as const;
const PATTERN_FIELDS = [
	...['regexp', 'kind', 'file', 'location', 'line', 'column', 'endLine', 'endColumn'],
	...['severity', 'code', 'message', 'loop'],
];

/** @param named as the task has them: names, objects, or a list of both. Undefined: the command says. */
export function matchersOf(named: unknown, contributed: Contributed): Matcher[] | undefined {
	if (named === undefined || named === null) return undefined;
	const all = Array.isArray(named) ? named : [named];
	const found = all.flatMap((one) => matcherOf(one, contributed) ?? []);
	// What is known to no one says nothing about what to look for.
	return found.length === 0 && all.length > 0 ? undefined : found.slice(0, MOST);
}

function matcherOf(named: unknown, contributed: Contributed): Matcher | undefined {
	if (typeof named === 'string') {
		const name = builtIn(named.replace(/-watch$/, ''));
		if (name !== undefined) return name;
		const other = contributed.matchers.map(fields).find((one) => `$${one?.['name']}` === named);
		return other === undefined ? undefined : ofObject(other, contributed);
	}
	const given = fields(named);
	return given === undefined ? undefined : ofObject(given, contributed);
}

function ofObject(given: Fields, contributed: Contributed): Matcher | undefined {
	const base = typeof given['base'] === 'string' ? builtIn(given['base']) : undefined;
	const pattern = patternOf(given['pattern'], contributed);
	if (base === undefined && pattern === undefined) return undefined;
	const kept = Object.fromEntries(
		KEPT.filter((name) => typeof given[name] === 'string').map((name) => [name, given[name]]),
	);
	return {
		...kept,
		...(base === undefined ? {} : { base }),
		...(pattern === undefined ? {} : { pattern }),
		...locationOf(given['fileLocation']),
	} as Matcher;
}

/** Files are not searched for: they are taken as they are named. */
function locationOf(location: unknown): { fileLocation?: unknown } {
	const [kind] = Array.isArray(location) ? location : [location];
	const known = ['absolute', 'relative', 'autoDetect', 'autodetect'].includes(String(kind));
	// Its folder has variables of the editor; jobs run in it.
	return known ? { fileLocation: String(kind) } : {};
}

function patternOf(pattern: unknown, { patterns }: Contributed): unknown {
	if (typeof pattern === 'string') {
		const name = builtIn(pattern);
		if (name !== undefined) return name;
		const other = patterns.map(fields).find((one) => `$${one?.['name']}` === pattern);
		if (other === undefined) return undefined;
		return patternOf(other['patterns'] ?? other, { matchers: [], patterns: [] });
	}
	if (Array.isArray(pattern)) {
		const all = pattern.map(onePattern);
		return all.length > 0 && all.every((one) => one !== undefined) ? all : undefined;
	}
	return onePattern(pattern);
}

function onePattern(pattern: unknown): Fields | undefined {
	const given = fields(pattern);
	if (typeof given?.['regexp'] !== 'string') return undefined;
	return Object.fromEntries(
		PATTERN_FIELDS.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
	);
}

const builtIn = (name: string): BuiltInMatcher | undefined =>
	BUILT_IN_MATCHERS.find((known) => known === name);

const fields = (value: unknown): Fields | undefined =>
	typeof value === 'object' && value !== null ? (value as Fields) : undefined;
