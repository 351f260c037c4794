/** The real programs, built once per test file. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import esbuild from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import type { Sandbox } from './sandbox.ts';

export interface Bundles {
	readonly indexer: string;
	readonly searcher: string;
	readonly native: string;
}

/** Call at the top of a test file. */
export function useBundles(): Bundles {
	const folder = mkdtempSync(join(tmpdir(), 'semantica-bundles-'));
	const native = join(folder, 'native');
	beforeAll(async () => {
		symlinkSync(resolve('node_modules/better-sqlite3/prebuilds'), native, 'junction');
		await esbuild.build({
			entryPoints: {
				indexer: 'daemon/indexing/worker/main.ts',
				searcher: 'daemon/indexing/searcher/main.ts',
			},
			outdir: folder,
			bundle: true,
			platform: 'node',
			format: 'cjs',
			target: 'node22.14',
			mainFields: ['module', 'main'],
			logLevel: 'warning',
		});
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return { indexer: join(folder, 'indexer.js'), searcher: join(folder, 'searcher.js'), native };
}

export interface IndexerRun {
	readonly process: ChildProcessWithoutNullStreams;
	/** Standard output line by line, as it comes. */
	readonly lines: AsyncIterable<string>;
	readonly ended: Promise<Ended>;
}

export interface Ended {
	readonly code: number | null;
	readonly output: string;
	readonly errors: string;
}

/** Starts the indexer as the daemon does: arguments, environment, payload on stdin. */
export function startIndexer(
	{ indexer }: Bundles,
	{ workspace, home, env }: Pick<Sandbox, 'workspace' | 'home' | 'env'>,
	mode: 'workspace' | 'files' | 'meaning',
	payload: unknown,
	options: { env?: NodeJS.ProcessEnv; uid?: number } = {},
): IndexerRun {
	const child = spawn(process.execPath, [indexer, mode, workspace], {
		env: { ...env, SEMANTICA_HOME: home.paths.home, ...options.env },
		...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
	});
	let output = '';
	let errors = '';
	child.stdout.on('data', (data) => {
		output += data;
	});
	child.stderr.on('data', (data) => {
		errors += data;
	});
	const ended = new Promise<Ended>((done, fail) => {
		child.once('error', fail);
		child.once('close', (code) => done({ code, output, errors }));
	});
	child.stdin.on('error', () => {});
	child.stdin.end(JSON.stringify(payload));
	return { process: child, lines: createInterface(child.stdout), ended };
}

export const resultIn = ({ output }: Ended): unknown =>
	JSON.parse(/^::semantica result (.*)$/m.exec(output)?.[1] ?? 'null');
