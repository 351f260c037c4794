/**
 * What a daemon inherits of whoever happened to start it first. It serves every shell from then on, and its jobs
 * are its children: what can be made as usual is, of the rest it is told.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { SemanticaError } from '../../shared/errors.ts';

export interface Surroundings {
	/** How many files we may have open; undefined where the system does not tell. */
	readonly openFiles: number | undefined;
	/** Sentences about what could not be made as usual. */
	readonly problems: readonly string[];
}

export interface Limit {
	readonly soft: number;
	readonly hard: number;
}

const PRIVATE = 0o077;
const OOM_SCORE = '/proc/self/oom_score_adj';
/** Below this not even a few jobs and clients have room. */
const LEAST_OPEN_FILES = 64;
/** Usual is that nothing bounds these; Node sees to open files itself where it is no Electron. */
const RAISED: Readonly<Record<string, { readonly option: string; readonly what: string }>> = {
	'Max open files': { option: 'nofile', what: 'open files' },
	'Max cpu time': { option: 'cpu', what: 'CPU time (ulimit -t)' },
	'Max file size': { option: 'fsize', what: 'the size of files (ulimit -f)' },
	'Max data size': { option: 'data', what: 'memory (ulimit -d)' },
	'Max resident set': { option: 'rss', what: 'memory (ulimit -m)' },
	'Max address space': { option: 'as', what: 'memory (ulimit -v)' },
};
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((file) => existsSync(file));

/** @throws SemanticaError SYSTEM where there is not enough to work with. */
export function makeUsual(): Surroundings {
	process.umask(PRIVATE);
	const problems = [priorityProblem(), oomProblem()].filter((problem) => problem !== undefined);
	const limits = raiseLimits(readLimits());
	const openFiles = limits.get('Max open files')?.soft;
	if (openFiles !== undefined && openFiles < LEAST_OPEN_FILES) {
		throw new SemanticaError(
			'SYSTEM',
			`Only ${openFiles} files may be open at once here, and Semantica needs at least ${LEAST_OPEN_FILES}. Raise the limit (ulimit -n 1024), then try again.`,
		);
	}
	return { openFiles, problems: [...problems, ...limitProblems(limits)] };
}

function priorityProblem(): string | undefined {
	try {
		const nice = getPriority();
		if (nice === 0) return undefined;
		setPriority(0);
		return undefined;
	} catch {
		return `Semantica was started with a lowered priority (nice ${getPriority()}), which may not be raised again: every job has it too. Run semantica daemon restart from an ordinary shell.`;
	}
}

function oomProblem(): string | undefined {
	let score = '0';
	try {
		score = readFileSync(OOM_SCORE, 'latin1').trim();
		if (score !== '0') writeFileSync(OOM_SCORE, '0');
		return undefined;
	} catch {
		if (score === '0') return undefined;
		return `Semantica was started as one of the first to be killed when memory runs out (oom_score_adj ${score}), which may not be changed: every job is too. Run semantica daemon restart from an ordinary shell.`;
	}
}

function readLimits(): Map<string, Limit> {
	try {
		return parseLimits(readFileSync('/proc/self/limits', 'latin1'));
	} catch {
		return new Map();
	}
}

/** As /proc shows them. */
export function parseLimits(text: string): Map<string, Limit> {
	const limits = new Map<string, Limit>();
	for (const line of text.split('\n')) {
		const [, name, soft, hard] = /^(Max .*?)\s{2,}(\S+)\s+(\S+)/.exec(line) ?? [];
		if (name !== undefined) limits.set(name, { soft: amount(soft), hard: amount(hard) });
	}
	return limits;
}

const amount = (text: string | undefined): number =>
	text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);

/** A soft limit is for the program that has it, not for those that others ask it to start. */
function raiseLimits(limits: Map<string, Limit>): Map<string, Limit> {
	const lowered = Object.entries(RAISED).flatMap(([name, { option }]) => {
		const limit = limits.get(name);
		return limit === undefined || limit.soft >= limit.hard
			? []
			: [`--${option}=${said(limit.hard)}:`];
	});
	if (lowered.length === 0 || PRLIMIT === undefined) return limits;
	try {
		execFileSync(PRLIMIT, ['--pid', String(process.pid), ...lowered], { stdio: 'ignore' });
	} catch {
		// They stay, and are told of.
	}
	return readLimits();
}

const said = (value: number): string => (Number.isFinite(value) ? String(value) : 'unlimited');

function limitProblems(limits: ReadonlyMap<string, Limit>): string[] {
	return Object.entries(RAISED).flatMap(([name, { option, what }]) => {
		const soft = limits.get(name)?.soft;
		if (option === 'nofile' || soft === undefined || !Number.isFinite(soft)) return [];
		return [
			`Semantica was started with a limit of ${what}, which may not be raised again: every job has it too. Run semantica daemon restart from a shell without it.`,
		];
	});
}
