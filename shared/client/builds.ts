/**
 * The copies of builds under bin/, from which daemons run: staged whole or not at all, staged again where one is
 * damaged, the newest of them found, and old ones removed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildFile, type BuildInfo, type BuildStamp, isNewer } from '../build.ts';
import { errorCode, errorMessage, SemanticaError } from '../errors.ts';
import { makeFolder } from '../folders.ts';
import type { DataPaths } from '../paths.ts';
import { isBuildInUse } from './buildUse.ts';
import { installLauncher } from './launcher.ts';

export interface StagedBuild {
	readonly folder: string;
	readonly build: BuildInfo;
}

export interface BuildSource {
	readonly paths: DataPaths;
	/** Folder with build.json and what it lists. */
	readonly distFolder: string;
	readonly build: BuildInfo;
}

const DRAFT = '.tmp';
/** No copy takes so long: a draft that is older was left by somebody who was killed. */
const DRAFT_MS = 3_600_000;

/** The build's copy under bin/, made unless it is there. @throws SemanticaError SYSTEM */
export async function stageBuild(source: BuildSource): Promise<StagedBuild> {
	const { paths, build } = source;
	const folder = join(paths.bin, build.buildId);
	const kept = await readStaged(folder);
	if (kept === undefined || !(await hasAllFiles(kept))) await copyBuild(source, folder);
	// Of the same content but built anew: it is the newest again, whatever was built in between.
	else if (kept.build.builtAt < build.builtAt) await writeInfo(folder, build);
	// Without one a daemon runs all the same.
	await installLauncher(paths, build).catch(() => {});
	return { folder, build };
}

/** The newest build under bin/ that has all its files. */
export async function newestBuild(paths: DataPaths): Promise<StagedBuild | undefined> {
	let newest: StagedBuild | undefined;
	for (const name of await foldersOf(paths.bin)) {
		if (name.endsWith(DRAFT)) continue;
		const staged = await readStaged(join(paths.bin, name));
		if (staged === undefined) continue;
		if (newest !== undefined && !isNewer(staged.build, newest.build)) continue;
		if (await hasAllFiles(staged)) newest = staged;
	}
	return newest;
}

/** Whether a file of the copy is missing or not what was built. Reads them all: to be asked when a start failed. */
export async function isDamaged({ folder, build }: StagedBuild): Promise<boolean> {
	for (const file of build.daemonFiles) {
		const content = await readFile(join(folder, file.path)).catch(() => undefined);
		if (content === undefined || !isGenuine(file, content)) return true;
	}
	return false;
}

/** Takes a copy away at once, whole. */
export async function discardBuild(folder: string): Promise<void> {
	const draft = draftOf(folder);
	// What runs from it on Windows keeps it where it is.
	await rename(folder, draft).catch(() => {});
	await rm(draft, { recursive: true, force: true }).catch(() => {});
}

/** Removes the copies that nobody will start again: all but that of the running daemon, newer ones, and those in use. */
export async function removeOldBuilds(paths: DataPaths, running: BuildStamp): Promise<void> {
	for (const name of await foldersOf(paths.bin)) {
		const folder = join(paths.bin, name);
		if (name === running.buildId) continue;
		if (name.endsWith(DRAFT)) {
			const made = await stat(folder).catch(() => undefined);
			if (made === undefined || Date.now() - made.mtimeMs < DRAFT_MS) continue;
		} else if (await isWanted(folder, running)) continue;
		await discardBuild(folder);
	}
}

async function isWanted(folder: string, running: BuildStamp): Promise<boolean> {
	try {
		const build = await readInfo(folder);
		if (build !== undefined && isNewer(build, running)) return true;
		return await isBuildInUse(folder);
	} catch {
		// It cannot be told, as without a descriptor left: then it stays.
		return true;
	}
}

async function copyBuild({ paths, distFolder, build }: BuildSource, target: string): Promise<void> {
	// Its own for each caller: several of one process may come here at once.
	const draft = draftOf(target);
	try {
		makeFolder(paths.bin);
	} catch (error) {
		throw notWritable(paths, error);
	}
	try {
		for (const file of build.daemonFiles) {
			const content = await readFile(join(distFolder, file.path));
			if (!isGenuine(file, content)) throw notGenuine(join(distFolder, file.path));
			const copy = join(draft, file.path);
			await mkdir(dirname(copy), { recursive: true });
			await writeFile(copy, content);
		}
		await writeInfo(draft, build);
		await replace(target, draft);
	} catch (error) {
		if (error instanceof SemanticaError) throw error;
		throw errorCode(error) === 'ENOENT'
			? new SemanticaError(
					'SYSTEM',
					`A file of Semantica's daemon is missing: ${errorMessage(error)}. Reinstall Semantica, or run npm run build.`,
				)
			: notWritable(paths, error);
	} finally {
		// Where the draft could not even be looked for, the error that tells why is already on its way.
		await rm(draft, { recursive: true, force: true }).catch(() => {});
	}
}

async function replace(target: string, draft: string): Promise<void> {
	try {
		await rename(draft, target);
	} catch (error) {
		const there = await readStaged(target);
		// Somebody else staged the same build first: theirs is as good.
		if (there !== undefined && (await hasAllFiles(there))) return;
		if (errorCode(error) === 'ENOENT') throw error;
		await discardBuild(target);
		await rename(draft, target);
	}
}

async function readStaged(folder: string): Promise<StagedBuild | undefined> {
	// What cannot be read is nothing to start a daemon from.
	const build = await readInfo(folder).catch(() => undefined);
	return build === undefined ? undefined : { folder, build };
}

/** Undefined where there is none, or none that is whole. @throws Node's error where it cannot be read */
async function readInfo(folder: string): Promise<BuildInfo | undefined> {
	try {
		const build: unknown = JSON.parse(await readFile(join(folder, 'build.json'), 'utf8'));
		return isBuildInfo(build) ? build : undefined;
	} catch (error) {
		if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}
}

// By hand rather than by schema: the extension reads this and should not load a validator for it.
function isBuildInfo(value: unknown): value is BuildInfo {
	if (typeof value !== 'object' || value === null) return false;
	const { version, buildId, builtAt, daemonFiles } = value as Record<string, unknown>;
	return (
		typeof version === 'string' &&
		typeof buildId === 'string' &&
		typeof builtAt === 'number' &&
		Array.isArray(daemonFiles) &&
		daemonFiles.every((file) => typeof file?.path === 'string' && typeof file.size === 'number')
	);
}

async function hasAllFiles({ folder, build }: StagedBuild): Promise<boolean> {
	const sizes = await Promise.all(
		build.daemonFiles.map(({ path }) =>
			stat(join(folder, path)).then(
				({ size }) => size,
				() => undefined,
			),
		),
	);
	return build.daemonFiles.every(({ size }, index) => sizes[index] === size);
}

const isGenuine = (file: BuildFile, content: Buffer): boolean =>
	content.length === file.size &&
	createHash('sha256').update(content).digest('hex') === file.sha256;

function notGenuine(file: string): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`Semantica's installation is damaged: ${file} is not what was built. Reinstall Semantica, or run npm run build.`,
	);
}

// Whole or not at all, for whoever reads it meanwhile.
async function writeInfo(folder: string, build: BuildInfo): Promise<void> {
	const draft = join(folder, `build.json.${randomUUID()}${DRAFT}`);
	await writeFile(draft, `${JSON.stringify(build, null, 2)}\n`);
	await rename(draft, join(folder, 'build.json'));
}

async function foldersOf(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
	return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

const draftOf = (folder: string): string => `${folder}.${randomUUID()}${DRAFT}`;

export function notWritable(paths: DataPaths, error: unknown): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`Semantica cannot write to its data folder ${paths.home} (${errorMessage(error)}). ` +
			'Free space or change its permissions, or name another folder with SEMANTICA_HOME.',
	);
}
