/** What a dead daemon's data folder says about payloads, read without any of the daemon's own code paths. */
import { readFileSync, statSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { openSqlite } from '../../../daemon/sqlite/open.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import { pathOfHash, payloadFiles, sha256 } from '../../integration/payloads/support.ts';

export interface Audit {
	/** Sentences about what must never be. */
	readonly problems: readonly string[];
	/** SHA-256 of the payload of every job that is kept. */
	readonly payloads: ReadonlyMap<string, string>;
	/** Files that no row knows: allowed after a kill, to be gone after the next start. */
	readonly strangers: readonly string[];
}

interface JobPayload {
	id: string;
	bytes: number;
	hash: Buffer | null;
	data: Buffer | null;
}

/** Files that were read whole, by name, size and time: most are the same from one kill to the next. */
export type Seen = Map<string, string>;

/** Only while no daemon runs. */
export function audit(paths: DataPaths, seen: Seen): Audit {
	const problems: string[] = [];
	const payloads = new Map<string, string>();
	const known = new Set<string>();
	const db = openSqlite(paths.database, { nativeFolder: undefined, busyTimeoutMs: 5000 });
	try {
		const check = db.pragma('integrity_check', { simple: true });
		if (check !== 'ok') problems.push(`jobs.db: ${String(check)}`);
		const files = db
			.prepare<[], { hash: Buffer; bytes: number; refs: number; jobs: number }>(
				`SELECT hash, bytes, refs, (SELECT count(*) FROM jobs WHERE payload_hash = hash) AS jobs
				 FROM payload_files`,
			)
			.all();
		for (const { hash, bytes, refs, jobs } of files) {
			const hex = hash.toString('hex');
			const path = pathOfHash(paths.payloads, hex);
			known.add(path);
			if (refs !== jobs) problems.push(`${hex} counts ${refs} references and has ${jobs}`);
			const found = contentOf(path, seen);
			if (found !== `${hex} ${bytes}`) problems.push(`${path} (${refs} references): ${found}`);
		}
		const jobs = db
			.prepare<[], JobPayload>(
				`SELECT jobs.id, payload_bytes AS bytes, payload_hash AS hash, payloads.data
				 FROM jobs LEFT JOIN payloads ON payloads.job = jobs.generation WHERE payload_bytes > 0`,
			)
			.all();
		for (const { id, bytes, hash, data } of jobs) {
			if ((hash === null) === (data === null)) problems.push(`job ${id} has no one payload`);
			if (data !== null && data.length !== bytes) problems.push(`job ${id} has another length`);
			const digest = hash?.toString('hex') ?? sha256(data ?? '');
			if (hash !== null && !known.has(pathOfHash(paths.payloads, digest))) {
				problems.push(`job ${id} refers to ${digest}, which has no row`);
			}
			payloads.set(id, digest);
		}
	} finally {
		db.close();
	}
	const strangers = payloadFiles(paths.payloads).filter((file) => !known.has(file));
	return { problems, payloads, strangers };
}

/** "<sha256> <length>" of what the file holds, or what is wrong with it. */
function contentOf(path: string, seen: Seen): string {
	try {
		const { size, mtimeMs, ino } = statSync(path);
		const name = `${path} ${size} ${mtimeMs} ${ino}`;
		let found = seen.get(name);
		if (found === undefined) {
			const content = zstdDecompressSync(readFileSync(path));
			found = `${sha256(content)} ${content.length}`;
			seen.set(name, found);
		}
		return found;
	} catch (error) {
		return String(error);
	}
}
