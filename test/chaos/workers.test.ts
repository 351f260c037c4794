/** Workers, daemons and both are killed at random: nothing is lost, nothing overlaps, every result is the job's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { errorCode } from '../../shared/errors.ts';
import { DIST, enqueue, startDaemon, type TestDaemon } from '../support/daemon.ts';
import { chooseSeed, createRandom } from '../support/random.ts';

const KILLS = process.env['CHAOS'] === 'long' ? 500 : 10;
const JOBS_PER_KILL = 8;
const SCRIPT = resolve(import.meta.dirname, 'worker/main.mjs');

interface Line {
	readonly what: 'begin' | 'end';
	readonly id: string;
	readonly run: number;
	readonly pid: number;
}

interface KilledWorker {
	/** Ends the process that is there, if one is; a new one comes by itself. */
	kill(): Promise<void>;
}

/** As a service is: one that ended, by a kill or because its daemon was killed while it connected, begins anew. */
function serviceOf(daemon: TestDaemon, args: readonly string[]): Promise<KilledWorker> {
	let finished = false;
	function begin(): ChildProcess {
		const child = spawn(process.execPath, args, {
			env: { ...process.env, CI: 'true', SEMANTICA_HOME: daemon.home },
			stdio: 'ignore',
		});
		child.once('exit', () => {
			if (!finished) worker = begin();
		});
		return child;
	}
	let worker = begin();
	onTestFinished(() => {
		finished = true;
		worker.kill('SIGKILL');
	});
	return Promise.resolve({
		async kill() {
			const ended = once(worker, 'exit');
			worker.kill('SIGKILL');
			await ended;
		},
	});
}

/** One that the daemon starts: its death is a run's death only when nothing of it is left. */
async function startedBy(daemon: TestDaemon, args: readonly string[]): Promise<KilledWorker> {
	const command = { command: process.execPath, args: [...args], cwd: daemon.home };
	const entry = { name: 'chaos', types: ['chaos.work'], command };
	const client = await daemon.connect();
	await client.request('worker/add', entry);
	client.dispose();
	return {
		async kill() {
			const asking = await daemon.connect();
			const { workers } = await asking.request('worker/list', {});
			for (const { pid, state } of workers) {
				// Five deaths before it registers, and it is left alone.
				if (state === 'broken') await asking.request('worker/restart', { name: 'chaos' });
				if (pid === null) continue;
				try {
					process.kill(pid, 'SIGKILL');
				} catch (error) {
					// It has ended in between, as its daemon may have.
					if (errorCode(error) !== 'ESRCH') throw error;
				}
			}
			asking.dispose();
		},
	};
}

test.each([
	{ kind: 'that serves by itself', workerOf: serviceOf },
	{ kind: 'that the daemon starts', workerOf: startedBy },
])(
	'a function of a worker $kind is done once at a time and to its end, whoever is killed',
	async ({ workerOf }) => {
		const seed = chooseSeed(process.env);
		const chance = createRandom(seed).next;
		// Most are there while the daemon is killed again and again: none of them is what kills it.
		const daemon = await startDaemon({ config: { aloneAfterDeaths: 100 } });
		const journal = join(daemon.home, 'journal');
		const client = pathToFileURL(join(DIST, 'client.mjs')).href;
		const worker = await workerOf(daemon, [SCRIPT, client, journal]);

		async function killDaemon(): Promise<void> {
			await daemon.kill();
			// The worker may have started the next one already: then it is that.
			await daemon.restart();
		}

		const ids: string[] = [];
		for (let kill = 0; kill < KILLS; kill++) {
			const asking = await daemon.connect();
			const jobs = Array.from({ length: JOBS_PER_KILL }, (_, i) => ({
				type: 'chaos.work',
				graceMs: 200,
				// Some are enqueued before a worker has said so.
				restartable: true,
				backoff: { baseMs: 1 },
				payload: { n: ids.length + i, ms: Math.floor(chance() * 40) },
			}));
			ids.push(...(await enqueue(asking, ...jobs)));
			asking.dispose();
			// Not to wait for something: the moment is what chance is about.
			await delay(chance() * 120);
			const whom = chance();
			if (whom < 0.45) await worker.kill();
			else if (whom < 0.8) await killDaemon();
			else {
				await worker.kill();
				await killDaemon();
			}
		}
		const asking = await daemon.connect();
		for (let at = 0; at < ids.length; at += 100) {
			const waited = { ids: ids.slice(at, at + 100), timeoutMs: 60_000 };
			const { jobs } = await asking.request('job/wait', waited);
			for (const [i, job] of jobs.entries()) {
				expect(job, `seed ${seed}`).toMatchObject({ state: 'succeeded', result: { n: at + i } });
			}
		}
		const written = readFileSync(journal, 'utf8');
		expect(overlaps(written), `seed ${seed}`).toEqual([]);
		console.log(
			`SEMANTICA_SEED=${seed}: ${KILLS} kills, ${ids.length} jobs, ${written.split('\n').length - 1} lines`,
		);
	},
	60_000 + KILLS * 5000,
);

/** Runs that began while an earlier one of the same job was going on in the same process; a process that was killed had ended. */
function overlaps(journal: string): Line[] {
	const lines = journal
		.split('\n')
		.filter((line) => line.endsWith('}'))
		.map((line) => JSON.parse(line) as Line);
	const last = new Map<number, number>();
	for (const [i, { pid }] of lines.entries()) last.set(pid, i);
	const open = new Map<string, Line>();
	const found: Line[] = [];
	for (const [i, line] of lines.entries()) {
		const before = open.get(line.id);
		if (line.what === 'end') {
			if (before?.run === line.run) open.delete(line.id);
			continue;
		}
		// It said something later, so it was alive.
		if (before !== undefined && (last.get(before.pid) ?? 0) > i) found.push(line);
		open.set(line.id, line);
	}
	return found;
}
