/** The one way to open a SQLite file: native binding guarded, pragmas set, errors turned into sentences. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { noexecMount } from '../disks/mounts.ts';
import { type Statement, withLazyStatements } from './statements.ts';

export interface Sqlite extends Omit<Database.Database, 'prepare'> {
	prepare<P extends unknown[] = unknown[], R = unknown>(sql: string): Statement<P, R>;
}

export interface OpenOptions {
	/** Folder with `<platform>-<arch>.node`; undefined lets better-sqlite3 find its own (source checkouts). */
	readonly nativeFolder: string | undefined;
	readonly readonly?: boolean;
	/** How long SQLite itself waits for another writer, ms. */
	readonly busyTimeoutMs: number;
}

/** better-sqlite3 13 is built against Node-API 10 and crashes, rather than throws, on anything older. */
export function assertNodeRunsSqlite(versions: { node: string; napi?: string | undefined }): void {
	if (Number(versions.napi ?? 0) < 10) {
		throw new SemanticaError(
			'SYSTEM',
			`Semantica needs Node 22.15 or newer (Node-API 10); this is Node ${versions.node}. ` +
				'Install a newer Node, or start Semantica through its npm scripts, which bring their own.',
		);
	}
}

export function openSqlite(file: string, options: OpenOptions): Sqlite {
	assertNodeRunsSqlite(process.versions);
	const { nativeFolder } = options;
	const binding = nativeFolder === undefined ? undefined : join(nativeFolder, nativeFileName());
	try {
		const db = new Database(file, {
			readonly: options.readonly ?? false,
			timeout: options.busyTimeoutMs,
			...(binding === undefined ? {} : { nativeBinding: binding }),
		});
		return withLazyStatements(db);
	} catch (error) {
		if (errorCode(error) !== 'ERR_DLOPEN_FAILED' || binding === undefined) throw error;
		throw new SemanticaError('SYSTEM', whyNotLoaded(binding, error));
	}
}

function whyNotLoaded(binding: string, error: unknown): string {
	const mount = noexecMount(statSync(binding, { bigint: true }).dev);
	return mount === undefined
		? `Semantica cannot load ${binding} (${errorMessage(error)}). Reinstall Semantica.`
		: `Semantica keeps its daemon in its data folder, and nothing may be run from ${mount}, which is mounted noexec. Remount it with exec, or name a data folder elsewhere with SEMANTICA_HOME.`;
}

/** The binding's file name for the machine we are on, as better-sqlite3 names its prebuilt files. */
export function nativeFileName(): string {
	return `${process.platform === 'linux' && isMusl() ? 'linuxmusl' : process.platform}-${process.arch}.node`;
}

function isMusl(): boolean {
	try {
		return /\/ld-musl-|\/libc\.musl-/.test(readFileSync('/proc/self/maps', 'utf8'));
	} catch {
		// Without /proc; it takes ten times as long.
		const { header } = process.report.getReport() as unknown as {
			header: { glibcVersionRuntime?: string };
		};
		return header.glibcVersionRuntime === undefined;
	}
}
