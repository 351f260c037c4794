/** A jobs.db that some other program made. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';

const MAX_NAMES = 3;

/** To be called before anything in it is changed. @throws SemanticaError STORE */
export function refuseForeignDatabase(db: Sqlite): void {
	const tables = db
		.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
		.pluck()
		.all();
	const migrated = Number(db.pragma('user_version', { simple: true })) > 0;
	if (migrated ? hasOurJobs(db) : tables.length === 0) return;
	const names = tables.length === 0 ? 'no tables' : tables.slice(0, MAX_NAMES).join(', ');
	throw new SemanticaError(
		'STORE',
		`${db.name} is the database of another program (it has ${names}), so nothing was changed in it. ` +
			'Move it away, or name another data folder with SEMANTICA_HOME.',
	);
}

/** As the first migration made them, and every later one kept them. */
function hasOurJobs(db: Sqlite): boolean {
	const sql =
		"SELECT 1 FROM pragma_table_info('jobs') WHERE name IN ('generation', 'stage', 'run_now')";
	return db.prepare(sql).all().length === 3;
}
