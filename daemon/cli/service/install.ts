/** Installing the service, taking it away, and looking whether it is there. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildSource, stageBuild } from '../../../shared/client/builds.ts';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import { assertDataFolder, assertOwnFolder } from '../../../shared/trust.ts';
import { CliError } from '../errors.ts';
import type { Command, ServiceManager } from './manager.ts';
import { serviceFiles, serviceScript } from './script.ts';

/** Runs to its end; what it said where that was not well. */
export type RunCommand = (command: Command) => Promise<string | undefined>;

export const runCommand: RunCommand = ([program, ...args]) =>
	new Promise((resolve) => {
		execFile(program, args, { timeout: 60_000, windowsHide: true }, (error, stdout, stderr) => {
			if (error === null) resolve(undefined);
			else if (errorCode(error) === 'ENOENT') resolve(`there is no ${program}`);
			else resolve(stderr.trim() || stdout.trim() || errorMessage(error));
		});
	});

export interface ServiceState {
	readonly name: string;
	readonly file: string;
	/** Its file is there, and the manager knows it. */
	readonly installed: boolean;
	/** The file is what this version would write. */
	readonly current: boolean;
}

/** Nothing is left of it where the manager refuses. @throws CliError */
export async function installService(
	manager: ServiceManager,
	source: BuildSource,
	execPath: string,
	run: RunCommand,
): Promise<void> {
	const { called, answers, file, content, install } = manager;
	const silent = await run(answers);
	if (silent !== undefined) {
		throw new CliError(
			`${capital(called)} does not answer for you (${silent}), so nothing was installed.`,
		);
	}
	assertOwnFolder(source.paths);
	assertDataFolder(source.paths);
	await stageBuild(source);
	const { script, newest } = serviceFiles(source.paths);
	// Whole or not at all: the manager may start it at any moment.
	await inPlace(newest, (draft) => copyFile(join(source.distFolder, 'newest.js'), draft));
	await inPlace(script, (draft) =>
		writeFile(draft, serviceScript(source.paths, execPath), { mode: 0o700 }),
	);
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, content, { mode: 0o600 });
	for (const command of install) {
		const problem = await run(command);
		if (problem === undefined) continue;
		await uninstallService(manager, source, run);
		throw new CliError(`${capital(called)} would not take it: ${problem}. Nothing was installed.`);
	}
}

async function inPlace(file: string, make: (draft: string) => Promise<void>): Promise<void> {
	const draft = `${file}.${process.pid}.tmp`;
	try {
		await make(draft);
		await rename(draft, file);
	} catch (error) {
		await rm(draft, { force: true });
		throw error;
	}
}

/** Whether there was one. What runs goes on: the daemon is told to end by nobody. */
export async function uninstallService(
	manager: ServiceManager,
	{ paths }: Pick<BuildSource, 'paths'>,
	run: RunCommand,
): Promise<boolean> {
	const { installed, current } = await serviceState(manager, run);
	for (const command of manager.uninstall) await run(command);
	const { script, newest } = serviceFiles(paths);
	for (const file of [manager.file, script, newest]) await rm(file, { force: true });
	for (const command of manager.forget) await run(command);
	return installed || current;
}

export async function serviceState(
	{ name, file, content, status }: ServiceManager,
	run: RunCommand,
): Promise<ServiceState> {
	const kept = await readFile(file).catch((error: unknown) => {
		if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
		throw new CliError(`${file} cannot be read (${errorMessage(error)}).`);
	});
	const known = kept !== undefined && (await run(status)) === undefined;
	return { name, file, installed: known, current: kept?.equals(Buffer.from(content)) === true };
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
