/**
 * The maintenance process: what reads or rewrites the whole database, on a connection of its own, so that
 * the daemon's only thread never waits for it. Arguments: `check` or `vacuum`, then the database file.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import { isDamage } from '../../sqlite/damage.ts';
import { openSqlite } from '../../sqlite/open.ts';
import type { MaintenanceAnswer } from './answer.ts';

/** Patience with the daemon's own commits; each is over in milliseconds. */
const BUSY_TIMEOUT_MS = 5000;

function run(task: string | undefined, file: string): MaintenanceAnswer {
	const native = join(dirname(process.argv[1] ?? ''), 'native');
	const db = openSqlite(file, {
		nativeFolder: existsSync(native) ? native : undefined,
		busyTimeoutMs: BUSY_TIMEOUT_MS,
	});
	try {
		if (task === 'vacuum') {
			db.exec('VACUUM');
			db.pragma('wal_checkpoint(TRUNCATE)');
			return { kind: 'done' };
		}
		const rows = db.pragma('quick_check(20)') as { quick_check: string }[];
		const problems = rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
		return problems.length === 0 ? { kind: 'done' } : { kind: 'damaged', problems };
	} finally {
		db.close();
	}
}

const [, , task, file = ''] = process.argv;
try {
	console.log(JSON.stringify(run(task, file)));
} catch (error) {
	const problem = errorMessage(error);
	const answer: MaintenanceAnswer = isDamage(error)
		? { kind: 'damaged', problems: [problem] }
		: { kind: 'failed', problem };
	console.log(JSON.stringify(answer));
}
