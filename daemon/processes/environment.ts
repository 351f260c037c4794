/** What a job's process may see of the world, and where its program is found. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { inheritedEnvironment, withoutSurroundings } from '../../shared/environment.ts';
import { SpawnError } from './containment.ts';

export interface JobVariables {
	readonly home: string;
	readonly jobId: string;
	readonly run: number;
	readonly attempt: number;
	readonly token: string;
	/** Where it finds the answers to what it asks. */
	readonly answers: string;
	/** The file in which it finds what the runs before it have left; empty where they have not. */
	readonly checkpoint: string;
	/** Epoch ms, where a schedule began the job. */
	readonly dueAt: number | null;
}

/**
 * Allow-list, with what the client's shell says of its surroundings instead of the daemon's, then the job's own
 * variables, then ours, which nobody overrides.
 */
export function jobEnvironment(
	source: Readonly<Record<string, string | undefined>>,
	surroundings: Readonly<Record<string, string>> | undefined,
	own: Readonly<Record<string, string>>,
	{ home, jobId, run, attempt, token, answers, checkpoint, dueAt }: JobVariables,
): Record<string, string> {
	return {
		...withoutSurroundings(inheritedEnvironment(source), surroundings !== undefined),
		...surroundings,
		...own,
		SEMANTICA_HOME: home,
		SEMANTICA_JOB_ID: jobId,
		SEMANTICA_RUN: String(run),
		SEMANTICA_ATTEMPT: String(attempt),
		SEMANTICA_TOKEN: token,
		SEMANTICA_ANSWERS_DIR: answers,
		SEMANTICA_CHECKPOINT_FILE: checkpoint,
		...(dueAt === null ? {} : { SEMANTICA_DUE_AT: String(dueAt) }),
	};
}

/**
 * Windows: the absolute path of the program, looked up in the job's own PATH, against its own cwd. Elsewhere the
 * supervisor's child does it.
 * @throws SpawnError
 */
export async function resolveProgram(
	command: string,
	cwd: string,
	env: Readonly<Record<string, string>>,
): Promise<string> {
	await assertFolder(cwd);
	const hasFolder =
		command.includes('/') || (process.platform === 'win32' && command.includes('\\'));
	const path = env['PATH'] ?? env['Path'] ?? '';
	const candidates = hasFolder
		? [resolve(cwd, command)]
		: path
				.split(delimiter)
				.map((folder) => join(isAbsolute(folder) ? folder : resolve(cwd, folder), command));
	let found: string | undefined;
	for (const candidate of candidates.flatMap((file) => withExtensions(file, env))) {
		const kind = await kindOf(candidate);
		if (kind === 'program') return candidate;
		if (kind === 'other') found ??= candidate;
	}
	if (found !== undefined) {
		throw new SpawnError(
			'EACCES',
			`${found} cannot be run: it is a folder or not executable. Make it executable, or name the program that runs it.`,
		);
	}
	throw new SpawnError(
		'ENOENT',
		hasFolder
			? `There is no program ${resolve(cwd, command)}.`
			: `The program "${command}" was not found in the PATH of this job. Install it, or give its full path.`,
	);
}

async function assertFolder(cwd: string): Promise<void> {
	const folder = await stat(cwd).catch(() => undefined);
	if (folder?.isDirectory() !== true) {
		throw new SpawnError('ECWD', `The working folder ${cwd} does not exist or is not a folder.`);
	}
	await access(cwd, constants.X_OK).catch(() => {
		throw new SpawnError('ECWD', `The working folder ${cwd} may not be entered.`);
	});
}

function withExtensions(file: string, env: Readonly<Record<string, string>>): string[] {
	if (process.platform !== 'win32') return [file];
	const extensions = (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';');
	return [file, ...extensions.map((extension) => file + extension.toLowerCase())];
}

async function kindOf(file: string): Promise<'program' | 'other' | 'absent'> {
	const found = await stat(file).catch(() => undefined);
	if (found === undefined) return 'absent';
	if (!found.isFile()) return 'other';
	return access(file, constants.X_OK).then(
		() => 'program' as const,
		() => 'other' as const,
	);
}
