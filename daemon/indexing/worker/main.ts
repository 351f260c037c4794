/**
 * The program of index jobs: `indexer.js serve` does those that the daemon hands it, `indexer.js workspace|files|meaning
 * FOLDER-URI` one, with its payload on stdin. It may be killed at any moment: what it commits is consistent, and the next run does the
 * rest.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorCode, errorMessage, SemanticaError } from '../../../shared/errors.ts';
import { dataFolder, dataPaths } from '../../../shared/paths.ts';
import type {
	IndexFilesPayload,
	IndexWorkspacePayload,
} from '../../../shared/protocol/indexing.ts';
import { guardDamage, type IndexHome, unusableCause } from '../catalogue/database.ts';
import { FINAL_EXIT_CODE } from './exitCode.ts';
import { indexFiles } from './files.ts';
import { createIdleMerges, mergeOnce } from './idleMerges.ts';
import type { IndexJob } from './job.ts';
import { createReporter, type Reporter } from './report.ts';
import { type EnqueueChildren, indexWorkspace } from './workspace.ts';

const MODES = {
	workspace: 'index.workspace',
	files: 'index.files',
	meaning: 'index.meaning',
} as const;
type Mode = keyof typeof MODES;

async function run(): Promise<void> {
	const [, , mode, workspace] = process.argv;
	if (mode === 'serve') {
		await stay();
		return;
	}
	if (workspace === undefined || (mode !== 'workspace' && mode !== 'files' && mode !== 'meaning')) {
		throw new SemanticaError(
			'VALIDATION',
			'Usage: indexer.js serve, or indexer.js workspace|files|meaning FOLDER-URI with the payload as JSON on standard input.',
		);
	}
	// Complete and checked: the job's handler did that before the daemon took it.
	const payload: unknown = JSON.parse(await text(process.stdin));
	const report = createReporter((line) => process.stdout.write(`${line}\n`), Date.now);
	await perform(mode, jobOf(workspace, report), payload, process.env['SEMANTICA_TOKEN']);
}

/** One job after the other, as the daemon hands them over. */
async function stay(): Promise<void> {
	const { serve } = await import('./serve.ts');
	const paths = dataPaths(dataFolder(process.env));
	const token = process.env['SEMANTICA_WORKER_TOKEN'] ?? '';
	const merges = createIdleMerges((workspace) => mergeOnce(home(), workspace));
	await serve(paths, token, Object.values(MODES), async (served) => {
		const { workspace } = served;
		const job = { ...jobOf(workspace, served.report), mergeLater: () => merges.later(workspace) };
		merges.began();
		const mode = modeOf(served.type);
		try {
			await perform(mode, job, served.payload, served.token);
			return { error: undefined, final: false };
		} catch (error) {
			const why = sentence(error);
			served.report.log(why);
			return { error: why, final: isFinal(error) };
		} finally {
			merges.ended();
		}
	});
}

function modeOf(type: string): Mode {
	if (type === MODES.files) return 'files';
	return type === MODES.meaning ? 'meaning' : 'workspace';
}

const jobOf = (workspace: string, report: Reporter): IndexJob => ({
	home: home(),
	workspace,
	env: process.env,
	report,
});

function home(): IndexHome {
	const nativeFolder = join(dirname(process.argv[1] ?? ''), 'native');
	return {
		paths: dataPaths(dataFolder(process.env)),
		nativeFolder: existsSync(nativeFolder) ? nativeFolder : undefined,
	};
}

/** @param token The run's own. */
async function perform(
	mode: Mode,
	job: IndexJob,
	payload: unknown,
	token: string | undefined,
): Promise<void> {
	if (mode === 'meaning') {
		// Loaded here because whoever has not switched it on pays nothing for it.
		const { embedFolder } = await import('../meaning/embed.ts');
		await guarded(job, async () => void (await embedFolder(job)));
		return;
	}
	if (mode === 'files') {
		await guarded(job, () => indexFiles(job, payload as IndexFilesPayload));
		return;
	}
	const enqueue: EnqueueChildren = async (jobs) => {
		// Loaded here because most runs, shards above all, start faster without it.
		const { enqueueChildren } = await import('./children.ts');
		await enqueueChildren(job.home.paths, token, jobs);
	};
	const walk = () =>
		guarded(job, () => indexWorkspace(job, payload as IndexWorkspacePayload, enqueue));
	try {
		await walk();
	} catch (error) {
		// Damage that only reading brought to light: now there is a mark, and the second walk begins
		// anew.
		if (unusableCause(error) !== 'damaged') throw error;
		await walk();
	}
}

async function guarded<T>(job: IndexJob, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		return guardDamage(job.home.paths, job.workspace, () => {
			throw error;
		});
	}
}

const FINAL: readonly string[] = ['VALIDATION', 'NOT_FOUND', 'CONFLICT'];

/** Whether trying again would end the same: not where the store or the system failed. */
function isFinal(error: unknown): boolean {
	return error instanceof SemanticaError && FINAL.includes(error.kind);
}

function sentence(error: unknown): string {
	switch (errorCode(error)) {
		case 'SQLITE_FULL':
		case 'ENOSPC':
			return 'The disk with the data folder is full. Free some space and run the job again.';
		case 'SQLITE_BUSY':
			return 'Other indexers of this folder held its index for a minute. Run the job again.';
		default:
			return errorMessage(error);
	}
}

run().catch((error: unknown) => {
	const why = sentence(error);
	process.stderr.write(`${why}\n`);
	createReporter((line) => process.stdout.write(`${line}\n`), Date.now).result({ error: why });
	process.exitCode = isFinal(error) ? FINAL_EXIT_CODE : 1;
});
