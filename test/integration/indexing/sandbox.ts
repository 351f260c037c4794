/** A folder to index, a data folder of its own, and indexers to run on it. */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

import { type IndexHome, openIndex } from '../../../daemon/indexing/catalogue/database.ts';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { segmentFile } from '../../../daemon/indexing/segments/files.ts';
import { openSegment } from '../../../daemon/indexing/segments/reader.ts';
import type { SegmentWords } from '../../../daemon/indexing/segments/words.ts';
import { type FilesResult, indexFiles } from '../../../daemon/indexing/worker/files.ts';
import type { IndexJob } from '../../../daemon/indexing/worker/job.ts';
import { createReporter } from '../../../daemon/indexing/worker/report.ts';
import { indexWorkspace, type WorkspaceResult } from '../../../daemon/indexing/worker/workspace.ts';
import type { Sqlite } from '../../../daemon/sqlite/open.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type {
	IndexFilesPayload,
	IndexWorkspacePayload,
} from '../../../shared/protocol/indexing.ts';

export const MAX_FILE_BYTES = 1024 * 1024;

const DEFAULTS = { exclude: [], defaultExcludes: true, maxFileBytes: MAX_FILE_BYTES };

export interface Run {
	readonly walk: WorkspaceResult;
	readonly shards: readonly FilesResult[];
	/** Paths that the walk handed to shards. */
	readonly read: readonly string[];
}

export interface Sandbox {
	readonly root: string;
	readonly workspace: string;
	readonly home: IndexHome;
	/** What indexers wrote, progress and results included. */
	readonly lines: string[];
	readonly env: NodeJS.ProcessEnv;
	write(path: string, content: string | Buffer): void;
	remove(path: string): void;
	git(...args: string[]): string;
	/** `index.workspace` and its children, in this process. */
	index(options?: Partial<IndexWorkspacePayload>): Promise<Run>;
	/** `index.files` in this process. */
	indexFiles(...files: string[]): Promise<FilesResult>;
	/** Indexed paths, sorted. */
	indexed(): string[];
	/** Why paths are not indexed. */
	skipped(): Record<string, string>;
	/** Opens the index; it is closed when the test ends. */
	open(): Sqlite;
}

/**
 * Removed again when the test ends. The data folder is a neighbour of the indexed one, or `inRoot`. Its git sees no configuration but the repository's.
 */
export function createSandbox(inRoot?: string): Sandbox {
	const base = realpathSync(mkdtempSync(join(tmpdir(), 'semantica-indexing-')));
	onTestFinished(() => rmSync(base, { recursive: true, force: true }));
	const root = join(base, 'folder');
	mkdirSync(root);
	const workspace = pathToFileURL(root).href;
	const home: IndexHome = {
		paths: dataPaths(inRoot === undefined ? join(base, 'home') : join(root, inRoot)),
		nativeFolder: undefined,
	};
	const lines: string[] = [];
	const env = cleanEnvironment(base);
	const job: IndexJob = {
		home,
		workspace,
		env,
		report: createReporter((line) => lines.push(line), Date.now),
	};
	const rows = <T>(sql: string): T[] => {
		const db = openIndex(home, workspace);
		try {
			return db.prepare<[], T>(sql).all();
		} finally {
			db.close();
		}
	};

	return {
		root,
		workspace,
		home,
		lines,
		env,
		write(path, content) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), content);
		},
		remove: (path) => rmSync(join(root, path), { recursive: true }),
		git: (...args) =>
			execFileSync('git', args, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' }),
		async index(options) {
			await clockTick();
			const payload = { ...DEFAULTS, ...options };
			const jobs: JobSpecInput[] = [];
			const walk = await indexWorkspace(job, payload, async (children) => {
				jobs.push(...children);
			});
			const shards: FilesResult[] = [];
			const read: string[] = [];
			for (const { payload } of jobs) {
				const shard = payload as IndexFilesPayload;
				read.push(...shard.files);
				shards.push(await indexFiles(job, shard));
			}
			return { walk, shards, read };
		},
		async indexFiles(...files) {
			await clockTick();
			return indexFiles(job, { files, maxFileBytes: MAX_FILE_BYTES });
		},
		indexed: () =>
			rows<{ path: string }>('SELECT path FROM files WHERE hash IS NOT NULL ORDER BY path').map(
				({ path }) => path,
			),
		skipped: () =>
			Object.fromEntries(
				rows<{ path: string; skipped: string }>(
					'SELECT path, skipped FROM files WHERE skipped IS NOT NULL ORDER BY path',
				).map(({ path, skipped }) => [path, skipped]),
			),
		open() {
			const db = openIndex(home, workspace);
			onTestFinished(() => {
				db.close();
			});
			return db;
		},
	};
}

/**
 * Files written in the same tick of the file system's clock as they are read count as changed
 * ever after.
 */
async function clockTick(): Promise<void> {
	await delay(25);
}

function cleanEnvironment(home: string): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
	return {
		...Object.fromEntries(kept),
		HOME: home,
		XDG_CONFIG_HOME: join(home, 'config'),
		GIT_CONFIG_NOSYSTEM: '1',
		GIT_AUTHOR_NAME: 'a',
		GIT_AUTHOR_EMAIL: 'a@example.org',
		GIT_COMMITTER_NAME: 'a',
		GIT_COMMITTER_EMAIL: 'a@example.org',
	};
}

/** Everything the index says, by path: for comparing two indexes of one folder. */
export function dump(home: IndexHome, workspace: string): string[] {
	const db = openIndex(home, workspace);
	try {
		const files = db.prepare<[], string>(
			"SELECT path || ' ' || size || ' ' || coalesce(hex(hash), skipped) || ' ' || pending FROM files",
		);
		return [...files.pluck().all().sort(), ...dumpSegments(indexFolder(home.paths, workspace), db)];
	} finally {
		db.close();
	}
}

/** By file: its blocks, the trigrams of each, its symbols and its words; files that no segment has, too. */
function dumpSegments(folder: string, db: Sqlite): string[] {
	const placed = db.prepare<[], { path: string; segment: number | null; doc: number }>(
		'SELECT path, segment, doc FROM files WHERE hash IS NOT NULL',
	);
	const bySegment = Map.groupBy(placed.all(), ({ segment }) => segment);
	return [...bySegment]
		.flatMap(([segment, files]) => {
			if (segment === null) return files.map(({ path }) => `${path} is in no segment`);
			const reader = openSegment(segmentFile(folder, segment));
			const keys = new Map<number, Map<number, number[]>>();
			for (const [key, blocks] of reader.postings()) {
				for (const block of blocks) {
					const doc = reader.documentOf(block);
					const byBlock = keys.get(doc) ?? new Map<number, number[]>();
					keys.set(doc, byBlock.set(block, [...(byBlock.get(block) ?? []), key]));
				}
			}
			const symbols = reader.symbols()?.byDocument(reader.documents) ?? [];
			const words = wordsByDocument(reader.words());
			const lines = files.map(({ path, doc }) => {
				const blocks = [...(keys.get(doc) ?? [])].sort(([a], [b]) => a - b);
				const content = [
					...[reader.layout(doc), blocks.map(([, having]) => having), symbols[doc]],
					...[words.get(doc), reader.words().lengths[doc]],
				];
				return `${path} ${hash('sha256', JSON.stringify(content))}`;
			});
			reader.close();
			return lines;
		})
		.sort();
}

/** What each document has of which term, in the order of the terms. */
function wordsByDocument(words: SegmentWords): Map<number, [term: string, weight: number][]> {
	const documents = new Map<number, [string, number][]>();
	for (const [term, { docs, weights }] of words.all()) {
		for (let at = 0; at < docs.length; at++) {
			const having = documents.get(docs[at] ?? 0) ?? [];
			documents.set(docs[at] ?? 0, having);
			having.push([term, weights[at] ?? 0]);
		}
	}
	return documents;
}

/** SQLite's own check, empty when all is well. */
export const problemsOf = (db: Sqlite): string[] =>
	db
		.prepare<[], string>('PRAGMA integrity_check')
		.pluck()
		.all()
		.filter((line) => line !== 'ok');
