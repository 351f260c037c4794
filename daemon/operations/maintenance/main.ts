/**
 * The maintenance process: what reads or rewrites the whole database, on a connection of its own, so that
 * the daemon's only thread never waits for it. Arguments: `check` or `vacuum`, then the database file.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
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

function answerOf(task: string | undefined, file: string): MaintenanceAnswer {
	try {
		return run(task, file);
	} catch (error) {
		const problem = errorMessage(error);
		return isDamage(error) ? { kind: 'damaged', problems: [problem] } : { kind: 'failed', problem };
	}
}

const [, program = '', task, file = ''] = process.argv;
if (parentPort === null) {
	// SQLite keeps its thread busy to the end, so another one looks whether the daemon is still there. A process that
	// stayed would keep the next daemon from the database.
	const die = () => process.kill(process.pid, 'SIGKILL');
	process.stdin.on('close', die).on('error', die).resume();
	const worker = new Worker(program, { argv: [task, file] });
	const print = (answer: MaintenanceAnswer) => {
		process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
	};
	worker.once('message', print);
	worker.once('error', (error) => print({ kind: 'failed', problem: errorMessage(error) }));
} else {
	parentPort.postMessage(answerOf(task, file));
}
