/** Forward-only migrations: `NNN_name.sql`, applied in one transaction each, counted in user_version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SemanticaError } from '../../shared/errors.ts';
import type { Sqlite } from './open.ts';

/**
 * Brings `db` to the newest schema.
 * @throws SemanticaError STORE when the database was written by a newer Semantica.
 */
export function migrate(db: Sqlite, folder: string): void {
	const files = readdirSync(folder)
		.filter((file) => /^\d{3}_.*\.sql$/.test(file))
		.sort();
	const current = Number(db.pragma('user_version', { simple: true }));
	if (current > files.length) {
		throw new SemanticaError(
			'STORE',
			`${db.name} was written by a newer Semantica (schema ${current}; this one knows ${files.length}). ` +
				'Update Semantica, or name another data folder with SEMANTICA_HOME.',
			{ outdated: true },
		);
	}
	for (const [index, file] of files.entries()) {
		if (index < current) continue;
		const sql = readFileSync(join(folder, file), 'utf8');
		db.transaction(() => {
			db.exec(sql);
			db.pragma(`user_version = ${index + 1}`);
		}).immediate();
	}
}
