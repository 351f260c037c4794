/** Which of the paths that somebody saw change the index does not have as they are now. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isShortage, SemanticaError } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { createCatalogue } from '../catalogue/catalogue.ts';
import { guardDamage } from '../catalogue/database.ts';
import { canonicalWorkspace, folderPath } from '../catalogue/location.ts';
import { createListing } from '../files/listing.ts';
import { probe } from '../files/probe.ts';
import { excluder } from '../files/rules.ts';
import { ownFolder, scopeOf } from '../files/scope.ts';
import type { Indexes } from './indexes.ts';

/** Of more a walk is cheaper than a list. */
const MOST = 500;
const WALK = { files: [], walk: true };

/** @throws SemanticaError NOT_FOUND for a folder without an index, STORE where it must be built anew. */
export async function staleOf(
	paths: DataPaths,
	indexes: Indexes,
	params: Params<'index/stale'>,
): Promise<Result<'index/stale'>> {
	const workspace = canonicalWorkspace(params.workspace);
	const db = indexes.open(workspace);
	if (db === undefined) {
		const folder = folderPath(workspace);
		throw new SemanticaError(
			'NOT_FOUND',
			`${folder} is not indexed yet. Run \`semantica index ${folder}\` first.`,
			{ path: 'workspace' },
		);
	}
	const catalogue = guardDamage(paths, workspace, () => createCatalogue(db));
	const rules = guardDamage(paths, workspace, () =>
		catalogue.lastWalk() === undefined ? undefined : catalogue.rules(),
	);
	// The first walk is about to see everything.
	if (rules === undefined) return { files: [], walk: false };
	const scope = scopeOf(folderPath(workspace), ownFolder(paths.home));
	const isExcluded = excluder(scope, rules.exclude);
	const listing = createListing(scope.root, {
		env: process.env,
		isExcluded,
		defaultExcludes: rules.defaultExcludes,
		log: () => {},
	});
	const stale = new Set<string>();
	const unknown = new Set<string>();
	const look = (path: string): void => {
		if (scope.isOwn(path) || isExcluded(path, false)) return;
		const found = probe(scope, path);
		const known = catalogue.get(path);
		if (known === undefined) {
			if (found.kind === 'file') unknown.add(path);
			return;
		}
		const asKnown =
			found.kind === 'file' ? known.stamp === found.stamp : known.skipped === reasonOf(found);
		if (!asKnown) stale.add(path);
	};
	/** Of those that nobody knew, what the folder's rules let in. */
	const admit = async (): Promise<void> => {
		for (const path of await listing.only([...unknown])) stale.add(path);
		unknown.clear();
	};
	for (const path of params.paths.filter(isInFolder)) {
		const found = probe(scope, path);
		if (found.kind === 'gone') for (const inside of filesIn(db, path)) stale.add(inside);
		if (found.kind !== 'folder') look(path);
		else for (const inside of [...filesBelow(scope.root, path), ...filesIn(db, path)]) look(inside);
		if (stale.size > MOST) return WALK;
		if (unknown.size > MOST) await admit();
	}
	await admit();
	// What its rules let in or leave out now, nobody told of.
	if (stale.size > MOST || [...stale].some(isRules)) return WALK;
	return { files: [...stale].sort(), walk: false };
}

const isRules = (path: string): boolean => basename(path) === '.gitignore';

const reasonOf = (found: ReturnType<typeof probe>): string | undefined =>
	found.kind === 'skipped' ? found.reason : undefined;

const isInFolder = (path: string): boolean =>
	!path.includes('\0') &&
	path.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && name !== '.git');

/** What the index has below a folder. */
function filesIn(db: Sqlite, folder: string): string[] {
	return db
		.prepare<[string, string, number], string>(
			'SELECT path FROM files WHERE path > ? AND path < ? LIMIT +?',
		)
		.pluck()
		.all(`${folder}/`, `${folder}0`, MOST + 1);
}

/** Files in a folder that is there, ignored ones too: the first ones. */
function filesBelow(root: string, folder: string): string[] {
	const found: string[] = [];
	const folders = [folder];
	for (let at = folders.pop(); at !== undefined && found.length <= MOST; at = folders.pop()) {
		for (const entry of entriesOf(join(root, at))) {
			if (entry.name === '.git') continue;
			if (entry.isDirectory()) folders.push(`${at}/${entry.name}`);
			else found.push(`${at}/${entry.name}`);
		}
	}
	return found;
}

function entriesOf(folder: string): Dirent[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch (error) {
		if (isShortage(error)) throw error;
		// Gone meanwhile, or not readable: a walk says so.
		return [];
	}
}
