/** What a tool may enqueue: commands and indexes, in its folders, by fields that its own tools have. */
import { pathToFileURL } from 'node:url';
import { SemanticaError } from '../../shared/errors.ts';
import { isInside, pathOfUri } from '../../shared/inside.ts';
import type { JobSpec } from '../../shared/job.ts';
import type { Command } from '../../shared/jobFields.ts';
import type { AiConfig } from '../../shared/protocol/ai.ts';
import { assertInside, realFolder } from './folders.ts';
import { forbidden } from './refusal.ts';
import { allowedBy } from './rules.ts';

export interface Admitted {
	readonly spec: JobSpec;
	/** A person must approve it before it starts. */
	readonly needsApproval: boolean;
}

/**
 * Not among them: what reads files by itself (payloadFile), what is another's to give (parentId, priority), what
 * clamps the work of others (group), and what would outlive its job (leaveBehind).
 */
export const FIELDS: ReadonlySet<string> = new Set<keyof JobSpec>([
	'type',
	'title',
	'queue',
	'subject',
	'supersede',
	'debounceMs',
	'maxDelayMs',
	'key',
	'command',
	'workspace',
	'tag',
	'after',
	'runAt',
	'ttlMs',
	'deadlineAt',
	'timeoutMs',
	'limits',
	'ready',
	'restart',
	'maxAttempts',
	'backoff',
	'retryOn',
	'restartable',
	'constraints',
	'onConstraintLost',
	'graceMs',
	'surroundings',
	'errors',
]);

/**
 * The specification with its folders resolved, so that what is checked is what will run.
 * @param folders Absolute, resolved: the tool's.
 * @throws SemanticaError FORBIDDEN, or VALIDATION for a folder that is none; by path, as in `jobs[0].command.cwd`
 */
export async function admit(
	spec: JobSpec,
	index: number,
	folders: readonly string[],
	config: Pick<AiConfig, 'run' | 'allow'>,
): Promise<Admitted> {
	const at = `jobs[${index}]`;
	for (const [name, value] of Object.entries(spec)) {
		const isPayload = name === 'payload' && spec.type !== 'command';
		if (value === undefined || FIELDS.has(name) || isPayload) continue;
		throw forbidden('field', `An AI tool may not set "${name}" of a job.`, `${at}.${name}`);
	}
	if (spec.type === 'index.workspace') {
		return { spec: { ...spec, ...(await placed(spec, folders, at)) }, needsApproval: false };
	}
	if (spec.type !== 'command' || spec.command === undefined) {
		throw forbidden('type', `An AI tool runs commands and indexes folders, no "${spec.type}".`, at);
	}
	const { command, ...decided } = await decide(spec.command, config, `${at}.command`);
	return { spec: await commandIn(spec, command, folders, at), ...decided };
}

async function decide(
	command: Command,
	{ run, allow }: Pick<AiConfig, 'run' | 'allow'>,
	path: string,
): Promise<{ command: Command; needsApproval: boolean }> {
	if (run === 'off') {
		const sentence =
			'A person has switched off that AI tools run commands here. They switch it on with: semantica ai policy --run host|ask|allowlist';
		throw forbidden('run', sentence, path);
	}
	if (run === 'host') return { command, needsApproval: false };
	const match = await allowedBy(allow, command);
	if ('command' in match) return { command: match.command, needsApproval: false };
	if (run === 'ask') return { command, needsApproval: true };
	throw forbidden(
		'allowlist',
		`This command may not run here: ${match.why}. A person allows one with: semantica ai allow -- ${[command.command, ...command.args].join(' ')}`,
		path,
	);
}

async function commandIn(
	spec: JobSpec,
	command: Command,
	folders: readonly string[],
	at: string,
): Promise<JobSpec> {
	const path = `${at}.command.cwd`;
	if (command.cwd === undefined) {
		throw new SemanticaError('VALIDATION', 'Say in which folder the command runs.', { path });
	}
	const cwd = await realFolder(command.cwd, path);
	assertInside(cwd, folders, path);
	const root = folders.find((folder) => isInside(cwd, folder));
	const workspace = root === undefined ? null : pathToFileURL(root).href;
	const where = spec.workspace == null ? { workspace } : await placed(spec, folders, at);
	return { ...spec, ...where, command: { ...command, cwd } };
}

async function placed(
	{ workspace }: JobSpec,
	folders: readonly string[],
	at: string,
): Promise<{ workspace: string }> {
	const path = `${at}.workspace`;
	const folder = pathOfUri(workspace ?? '');
	if (folder === undefined) {
		throw new SemanticaError('VALIDATION', 'Say which folder, as in file:///home/me/project.', {
			path,
		});
	}
	const real = await realFolder(folder, path);
	assertInside(real, folders, path);
	return { workspace: pathToFileURL(real).href };
}
