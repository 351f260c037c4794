/** Which files the inputs of a job are: globs below its folder, by the rules of the index. */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { createListing } from '../files/listing.ts';

/** @returns for each glob the files that it names, relative to the folder, with forward slashes */
export async function filesOf(
	folder: string,
	globs: readonly string[],
	env: NodeJS.ProcessEnv,
	signal: AbortSignal,
): Promise<Map<string, Set<string>>> {
	const found = new Map(globs.map((glob) => [glob, new Set<string>()]));
	const matchers: [Set<string>, (path: string) => boolean][] = [];
	for (const [glob, files] of found) {
		// What is named by its own name is meant, whatever a rule leaves out.
		if (isFile(join(folder, glob))) files.add(plain(glob));
		else matchers.push([files, matcherOf(folder, glob)]);
	}
	if (matchers.length === 0) return found;
	const listing = createListing(folder, {
		env,
		isExcluded: () => false,
		defaultExcludes: true,
		log: () => {},
	});
	const take = (paths: readonly string[]): string[] => {
		const folders: string[] = [];
		for (const path of paths) {
			if (path.endsWith('/') || isFolder(join(folder, path))) folders.push(path.replace(/\/$/, ''));
			else for (const [files, matches] of matchers) if (matches(path)) files.add(path);
		}
		return folders;
	};
	const nested: string[] = [];
	for await (const { paths } of listing.list('')) {
		signal.throwIfAborted();
		nested.push(...take(paths));
	}
	// Repositories within: the array grows while it is gone through.
	for (const inner of nested) {
		for await (const { paths } of listing.list(inner)) {
			signal.throwIfAborted();
			nested.push(...take(paths));
		}
	}
	return found;
}

/** A folder means all that is in it. */
function matcherOf(folder: string, glob: string): (path: string) => boolean {
	const whole = plain(glob);
	const meant = whole === '' ? '**' : isFolder(join(folder, whole)) ? `${whole}/**` : whole;
	return picomatch(meant, { dot: true, noextglob: true, nonegate: true });
}

function plain(glob: string): string {
	return glob
		.replace(/^(?:\.\/+)+/, '')
		.replace(/^\.$/, '')
		.replace(/\/+$/, '');
}

function isFile(path: string): boolean {
	return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

function isFolder(path: string): boolean {
	return existsSync(path) && lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
