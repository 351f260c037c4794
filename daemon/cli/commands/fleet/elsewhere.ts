/** `run --on` and `run --pool`: the same command, for another machine. */
import { execFile } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import type { JobSpecInput } from '../../../../shared/job.ts';
import type { ParamsInput } from '../../../../shared/protocol/requests.ts';
import { normalRepository } from '../../../../shared/repository.ts';
import { connectOrStart } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { CliError, usageError } from '../../errors.ts';
import { collect } from '../../parse/values.ts';
import type { Submission } from '../../submit.ts';

export interface ElsewhereOptions {
	readonly on?: string;
	readonly pool?: string;
	readonly repo?: string | boolean;
	readonly commit?: string | boolean;
	readonly home?: boolean;
	readonly recipe?: string;
	readonly secret?: string[];
}

type NewJob = ParamsInput<'fleet/submit'>['jobs'][number];

export function addElsewhere(command: Command): Command {
	return command
		.optionsGroup('On another machine (semantica fleet):')
		.option('--on <machine>', 'run it there, now or when it is next heard of')
		.option('--pool <name>', 'on whichever machine works for this pool and is free')
		.option(
			'--repo [folder]',
			'in its checkout of the repository of this folder (default: this one)',
		)
		.option(
			'--commit [hash]',
			'only where exactly this is checked out (default: what is checked out here)',
		)
		.option('--home', 'in the home folder there, and not in an empty folder of its own')
		.option('--recipe <name>', 'what that machine calls so; words are NAME=VALUE')
		.option('--secret <name>', 'a variable whose value that machine knows (repeatable)', collect);
}

export const isElsewhere = ({ on, pool }: ElsewhereOptions): boolean =>
	on !== undefined || pool !== undefined;

/** @throws CliError, usage, where an option of the others is there without --on or --pool */
export function assertHere(options: ElsewhereOptions): void {
	for (const name of ['repo', 'commit', 'home', 'recipe', 'secret'] as const) {
		if (options[name] !== undefined) throw usageError(`--${name} goes with --on or --pool.`);
	}
}

/** Hands it to the daemon, which delivers it. */
export async function submitElsewhere(
	context: Context,
	words: readonly string[],
	given: JobSpecInput,
	options: ElsewhereOptions & { readonly cwd?: string },
): Promise<Submission> {
	const job = await jobOf(context, words, given, options);
	const connection = await connectOrStart(context.daemon);
	try {
		return { connection, answer: await connection.request('fleet/submit', { jobs: [job] }) };
	} catch (error) {
		connection.dispose();
		throw error;
	}
}

async function jobOf(
	context: Context,
	words: readonly string[],
	given: JobSpecInput,
	options: ElsewhereOptions & { readonly cwd?: string },
): Promise<NewJob> {
	const { surroundings: _, command, ...rest } = given;
	const { on, pool, recipe, secret = [] } = options;
	const { place, cwd } = await placeOf(context, options);
	const target = {
		...(on === undefined ? {} : { on }),
		...(pool === undefined ? {} : { pool }),
	};
	if (recipe !== undefined) {
		return {
			...target,
			spec: rest,
			place,
			secrets: secret,
			recipe: { name: recipe, values: valuesOf(words) },
		};
	}
	// Programs are found by the PATH of the machine that runs it.
	const env = Object.fromEntries(
		Object.entries(command?.env ?? {}).filter(([name]) => name.toUpperCase() !== 'PATH'),
	);
	if (Object.keys(env).length > 0) {
		context.err.say(
			'Values of --env travel in the clear to whoever may read the shared queue; --secret NAME takes them from that machine instead.',
			context.err.style.dim,
		);
	}
	const there = {
		...command,
		command: command?.command ?? '',
		env,
		...(cwd === undefined ? {} : { cwd }),
	};
	if (cwd === undefined) delete there.cwd;
	return { ...target, spec: { ...rest, command: there }, place, secrets: secret };
}

async function placeOf(
	context: Context,
	{ repo, commit, home, cwd }: ElsewhereOptions & { readonly cwd?: string },
): Promise<{ place: NonNullable<NewJob['place']>; cwd: string | undefined }> {
	if (repo === undefined) {
		if (commit !== undefined) throw usageError('--commit goes with --repo.');
		return { place: { kind: home === true ? 'home' : 'scratch' }, cwd };
	}
	if (home === true) throw usageError('--home and --repo name two places.');
	const here = resolve(context.cwd(), typeof repo === 'string' ? repo : '.');
	const root = await git(here, 'rev-parse', '--show-toplevel');
	const url = await git(here, 'config', '--get', 'remote.origin.url');
	const hash = commit === true ? await git(here, 'rev-parse', 'HEAD') : commit;
	const inside = relative(root, resolve(here, cwd ?? '.'));
	return {
		place: {
			kind: 'repo',
			repo: normalRepository(url),
			...(typeof hash === 'string' ? { commit: hash } : {}),
		},
		cwd: inside === '' ? undefined : inside,
	};
}

async function git(folder: string, ...args: string[]): Promise<string> {
	try {
		const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args]);
		return stdout.trim();
	} catch {
		throw new CliError(
			`--repo: ${folder} is no checkout of a repository with a remote called "origin".`,
		);
	}
}

function valuesOf(words: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		words.map((word) => {
			const equals = word.indexOf('=');
			if (equals < 1) throw usageError(`--recipe: "${word}" is no NAME=VALUE.`);
			return [word.slice(0, equals), word.slice(equals + 1)];
		}),
	);
}
