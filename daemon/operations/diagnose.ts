/** `system/diagnose`: a look at everything that could be wrong, each finding a sentence of its own. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { errorMessage } from '../../shared/errors.ts';
import type { DataPaths } from '../../shared/paths.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { SystemStatus } from '../../shared/protocol/system.ts';
import type { Maintenance } from './maintenance/run.ts';

export interface Finding {
	readonly ok: boolean;
	readonly message: string;
}

/** One, or all that there is to say about the same matter. */
type Found = Finding | readonly Finding[];

export interface Check {
	readonly name: string;
	readonly run: () => Found | Promise<Found>;
}

const GIB = 1024 ** 3;
/** Below this an index or a large log may not fit any more. */
const LITTLE_SPACE_BYTES = GIB;

/** Runs all checks; one that breaks is itself a finding. */
export async function diagnose(checks: readonly Check[]): Promise<Result<'system/diagnose'>> {
	const found = await Promise.all(
		checks.map(async ({ name, run }) => {
			try {
				const findings = [await run()].flat();
				return findings.map(({ ok, message }) => ({ name, ok, message }));
			} catch (error) {
				const message = `The check itself failed: ${errorMessage(error)}.`;
				return [{ name, ok: false, message }];
			}
		}),
	);
	return { checks: found.flat() };
}

/** Callers that come while it is going on have its answer: some of its checks read the whole database. */
export function createDiagnosis(
	checks: () => readonly Check[],
): () => Promise<Result<'system/diagnose'>> {
	let going: Promise<Result<'system/diagnose'>> | undefined;
	return () => {
		going ??= diagnose(checks()).finally(() => {
			going = undefined;
		});
		return going;
	};
}

export function dataFolderChecks(paths: DataPaths): Check[] {
	return [
		{
			name: 'data folder',
			async run() {
				await access(paths.home, constants.W_OK);
				const { mode } = await stat(paths.home);
				const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
				return open
					? {
							ok: false,
							message: `${paths.home} may be entered by other users. Run: chmod 700 ${paths.home}`,
						}
					: { ok: true, message: `${paths.home} is writable and yours alone.` };
			},
		},
		{
			name: 'disk space',
			async run() {
				const { bavail, bsize } = await statfs(paths.home);
				const free = bavail * bsize;
				const message = `${(free / GIB).toFixed(1)} GiB are free.`;
				return free >= LITTLE_SPACE_BYTES
					? { ok: true, message }
					: { ok: false, message: `Only ${message} Free some space, or remove old jobs.` };
			},
		},
	];
}

export function databaseCheck(maintenance: Maintenance): Check {
	return {
		name: 'database',
		async run() {
			const answer = await maintenance('check');
			switch (answer.kind) {
				case 'done':
					return { ok: true, message: 'jobs.db is sound.' };
				case 'stopped':
					return { ok: true, message: 'jobs.db was not checked to its end.' };
				case 'failed':
					return { ok: false, message: `jobs.db could not be checked: ${answer.problem}` };
				case 'damaged': {
					const found = answer.problems.join('; ');
					return {
						ok: false,
						message: `jobs.db is damaged: ${found}. Run: semantica daemon restart`,
					};
				}
			}
		},
	};
}

/** `warnings` are sentences about what went wrong since the start. */
export function warningsCheck(warnings: readonly string[]): Check {
	return {
		name: 'warnings',
		run: () => findings(warnings, 'Nothing went wrong since the daemon started.'),
	};
}

/** `status` tells of each index what makes it unusable. */
export function indexesCheck(
	status: () => Promise<{ readonly indexes: readonly { readonly problem: string | null }[] }>,
): Check {
	return {
		name: 'indexes',
		async run() {
			const { indexes } = await status();
			const problems = indexes.flatMap(({ problem }) => problem ?? []);
			return findings(problems, 'Every index can be read, and its folder is there.');
		},
	};
}

function findings(problems: readonly string[], fine: string): Found {
	if (problems.length === 0) return { ok: true, message: fine };
	return problems.map((message) => ({ ok: false, message }));
}

/** `problem`: what is wrong with the program that the daemon was started with. */
export function nodeCheck(versions: NodeJS.ProcessVersions, problem: string | undefined): Check {
	const message =
		problem === undefined
			? `The daemon runs on Node ${versions.node}.`
			: `${problem} Run: semantica daemon restart`;
	return { name: 'Node', run: () => ({ ok: problem === undefined, message }) };
}

/** What this daemon found at its start. No fault of its own, so it is always well. */
export function recoveryCheck(recovery: SystemStatus['recovery']): Check {
	const { killed, interrupted, requeued, resolved } = recovery;
	const found = [
		[
			killed,
			'process was still running and was ended',
			'processes were still running and were ended',
		],
		[interrupted, 'job had been interrupted', 'jobs had been interrupted'],
		[requeued, 'interrupted job was queued again', 'interrupted jobs were queued again'],
		[resolved, 'job had ended in the meantime', 'jobs had ended in the meantime'],
	] as const;
	const told = found
		.filter(([count]) => count > 0)
		.map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
	const message =
		told.length === 0
			? 'The daemon before this one left nothing behind.'
			: `Of the daemon before this one, ${told.join(', ')}.`;
	return { name: 'what the last daemon left', run: () => ({ ok: true, message }) };
}
