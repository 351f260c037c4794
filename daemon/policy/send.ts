/** What a tool may have run on another machine of a shared queue: by a person's word for that machine or pool. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SemanticaError } from '../../shared/errors.ts';
import { isInside } from '../../shared/inside.ts';
import type { Command } from '../../shared/jobFields.ts';
import type { AiConfig, FleetGrant } from '../../shared/protocol/ai.ts';
import type { Place, Sending, Submission } from '../../shared/protocol/fleet.ts';
import { FIELDS } from './admit.ts';
import { assertInside, realFolder } from './folders.ts';
import { forbidden } from './refusal.ts';
import { allowedElsewhere } from './rules.ts';

export interface AdmittedSending {
	readonly submission: Submission;
	/** The tool's folder that it belongs to, as a URI. */
	readonly workspace: string;
	/** A person must approve it before it leaves. */
	readonly needsApproval: boolean;
}

/** Where something is to be sent, and what. */
export interface SendTarget {
	readonly on?: string | undefined;
	readonly pool?: string | undefined;
	readonly kind: 'command' | 'recipe';
}

/** Which checkout a folder lies in: its name, alike however it was cloned, and its root. */
export type CheckoutOf = (folder: string) => Promise<{ repo: string; root: string }>;

type Config = Pick<AiConfig, 'run' | 'allow' | 'fleet'>;

/**
 * @param folders Absolute, resolved: the tool's.
 * @throws SemanticaError FORBIDDEN or VALIDATION, by path, as in `jobs[0].on`
 */
export async function admitSending(
	asked: Sending,
	at: string,
	{ folders, config, checkoutOf }: SendRules,
): Promise<AdmittedSending> {
	const { on, pool, spec, recipe } = asked;
	const kind = recipe === undefined ? 'command' : 'recipe';
	assertGranted({ on, pool, kind }, config, `${at}.${on === undefined ? 'pool' : 'on'}`);
	for (const [name, value] of Object.entries(spec)) {
		if (value === undefined || FIELDS.has(name)) continue;
		throw forbidden('field', `An AI tool may not set "${name}" of a job.`, `${at}.spec.${name}`);
	}
	const needsApproval =
		spec.command === undefined ? false : judged(spec.command, config, `${at}.spec.command`);
	const folder = await realFolder(asked.folder, `${at}.folder`);
	assertInside(folder, folders, `${at}.folder`);
	const root = folders.find((one) => isInside(folder, one)) ?? folder;
	const { place, cwd } = await placeOf(asked.place, folder, { checkoutOf, at });
	// Where it runs is said by its place alone, so that a person approves what will be.
	const { cwd: _, ...command } = spec.command ?? { command: '', args: [], env: {}, shell: false };
	const there = cwd === '' ? command : { ...command, cwd };
	return {
		submission: {
			...(on === undefined ? {} : { on }),
			...(pool === undefined ? {} : { pool }),
			...(recipe === undefined ? {} : { recipe }),
			spec: spec.command === undefined ? spec : { ...spec, command: there },
			place,
			secrets: [],
		},
		workspace: pathToFileURL(root).href,
		needsApproval,
	};
}

export interface SendRules {
	readonly folders: readonly string[];
	readonly config: Config;
	readonly checkoutOf: CheckoutOf;
}

/** @throws SemanticaError FORBIDDEN */
export function assertGranted(
	{ on, pool, kind }: SendTarget,
	{ run, fleet }: Pick<Config, 'run' | 'fleet'>,
	path?: string,
): void {
	if (run === 'off') {
		const sentence =
			'A person has switched off that AI tools run commands. They switch it on with: semantica ai policy --run host|ask|allowlist';
		throw forbidden('run', sentence, path);
	}
	const may = fleet.find((grant) => isFor(grant, { on, pool }))?.may;
	if (may === 'commands' || (may === 'recipes' && kind === 'recipe')) return;
	const where = on ?? `pool ${pool}`;
	const option = on === undefined ? `--pool ${pool}` : `--on ${on}`;
	const what =
		may === undefined ? `may send nothing to ${where}` : `may call only recipes on ${where}`;
	const wanted = kind === 'recipe' ? 'recipes' : 'commands';
	throw forbidden(
		'fleet',
		`AI tools ${what}. A person allows it with: semantica ai policy ${option} --fleet ${wanted}`,
		path,
	);
}

export function isFor(grant: Pick<FleetGrant, 'on' | 'pool'>, { on, pool }: typeof grant): boolean {
	return grant.on === on && grant.pool === pool;
}

/** A recipe was written by a person there and allowed by one here; a command is judged as if it ran here. */
function judged(command: Command, { run, allow }: Config, path: string): boolean {
	if (run === 'host') return false;
	const why = allowedElsewhere(allow, command);
	if (why === undefined) return false;
	if (run === 'ask') return true;
	throw forbidden(
		'allowlist',
		`This command may not be sent: ${why}. A person allows one with: semantica ai allow -- ${[command.command, ...command.args].join(' ')}`,
		path,
	);
}

async function placeOf(
	kind: Sending['place'],
	folder: string,
	{ checkoutOf, at }: Pick<SendRules, 'checkoutOf'> & { readonly at: string },
): Promise<{ place: Place; cwd: string }> {
	if (kind !== 'repo') return { place: { kind }, cwd: '' };
	try {
		const { repo, root } = await checkoutOf(folder);
		return { place: { kind, repo }, cwd: relative(root, folder) };
	} catch {
		throw new SemanticaError(
			'VALIDATION',
			`${folder} is no checkout of a repository with a remote called "origin".`,
			{ path: `${at}.folder` },
		);
	}
}
