/** `fleet init`: the shared queue's tables and functions, brought up to date by whoever owns the database. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SemanticaError } from '../../shared/errors.ts';
import type { Connection } from './connection.ts';

const OLDEST_SERVER = 150_000;

/** In one transaction each, none twice, whoever else does the same. */
export function schemaStatements(folder: string): string {
	return migrations(folder)
		.map(({ number, sql }) => inTransaction(number, sql))
		.join('\n');
}

/** @throws SemanticaError where the server is too old, read-only, or newer than this version. Resolves with what was done. */
export async function initSchema(connection: Connection, folder: string): Promise<number[]> {
	const [server] = await connection.run('SELECT current_setting($1)::int AS version', [
		'server_version_num',
	]);
	if (Number(server?.['version']) < OLDEST_SERVER) {
		throw new SemanticaError(
			'SYSTEM',
			'The server is older than PostgreSQL 15, which a shared queue needs.',
		);
	}
	const known = migrations(folder);
	const [found] = await connection.run(
		"SELECT to_regclass('fleet.migration') IS NOT NULL AS there",
	);
	const rows =
		found?.['there'] === true
			? await connection.run('SELECT version FROM fleet.migration ORDER BY version')
			: [];
	const done = new Set(rows.map((row) => Number(row['version'])));
	if ([...done].some((version) => version > known.length)) {
		throw new SemanticaError(
			'CONFLICT',
			'The shared queue was made by a newer version of Semantica. Update Semantica here first.',
		);
	}
	const missing = known.filter(({ number }) => !done.has(number));
	for (const { number, sql } of missing) await connection.run(inTransaction(number, sql));
	return missing.map(({ number }) => number);
}

/** A login for one machine, with the right to submit and to work. Resolves with its password. */
export async function addLogin(
	connection: Connection,
	name: string,
	password: string,
): Promise<void> {
	if (!/^[a-z_][a-z0-9_-]{0,62}$/.test(name)) {
		throw new SemanticaError(
			'VALIDATION',
			`"${name}" is no name of a login: small letters, digits, _ and -, beginning with a letter.`,
		);
	}
	const [role] = await connection.run('SELECT 1 AS there FROM pg_roles WHERE rolname = $1', [name]);
	const verb = role === undefined ? 'CREATE' : 'ALTER';
	// Names are checked above, and the password is ours: neither can be a parameter here.
	await connection.run(`${verb} ROLE "${name}" LOGIN PASSWORD '${password}'`);
	await connection.run(`ALTER ROLE "${name}" SET statement_timeout = '15s'`);
	await connection.run(`GRANT fleet_submit, fleet_work TO "${name}"`);
}

export async function forgetMachine(connection: Connection, name: string): Promise<boolean> {
	const [row] = await connection.run('SELECT fleet.forget($1) AS gone', [name]);
	return row?.['gone'] === true;
}

function migrations(folder: string): { number: number; sql: string }[] {
	return readdirSync(folder)
		.filter((file) => /^\d{3}_.*\.sql$/.test(file))
		.sort()
		.map((file, index) => ({ number: index + 1, sql: readFileSync(join(folder, file), 'utf8') }));
}

function inTransaction(number: number, sql: string): string {
	return `BEGIN;
CREATE SCHEMA IF NOT EXISTS fleet;
SET LOCAL search_path = fleet, pg_temp;
CREATE TABLE IF NOT EXISTS migration (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
INSERT INTO migration (version) VALUES (${number});
${sql}
COMMIT;`;
}
