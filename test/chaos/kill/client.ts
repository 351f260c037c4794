/**
 * A client as a process of its own: enqueues without end, one by one and in bulk, with and without keys, and
 * writes down what it sends before it sends it and what was acknowledged. Its daemon may die at any moment.
 *
 * Arguments: data folder, folder of the run, own number, seed. Ends when its stdin does.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import type { JobSpecInput } from '../../../shared/job.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { createRandom } from '../../support/random.ts';
import { evidenceJob, type Kind } from './evidence.ts';
import type { JournalLine, SentJob } from './journal.ts';

const [home = '', folder = '', number = '0', seed = '1'] = process.argv.slice(2);
const random = createRandom(Number(seed));
const paths = dataPaths(home);
const journal = openSync(`${folder}/client-${number}.jsonl`, 'a');
const note = (line: JournalLine) => writeSync(journal, `${JSON.stringify(line)}\n`);

const MAX_OPEN_REQUESTS = 4;

interface Batch {
	readonly number: number;
	readonly jobs: readonly JobSpecInput[];
	readonly described: readonly SentJob[];
	readonly keyed: boolean;
}

let stopping = false;
process.stdin.resume();
process.stdin.once('end', () => {
	stopping = true;
});

let batches = 0;
let connections = 0;
/** Keyed requests whose answer never came: the client asks again, as a careful client does. */
const unanswered: Batch[] = [];

function newBatch(): Batch {
	const count = random.chance(0.5) ? 1 : random.int(2, 40);
	const keyed = random.chance(0.4);
	const described: SentJob[] = [];
	const jobs: JobSpecInput[] = [];
	for (let i = 0; i < count; i++) {
		const title = `${number}-${batches}-${i}`;
		const runs = i === 0 && random.chance(0.25);
		const kind: Kind = runs ? random.pick(['once', 'again']) : 'parked';
		const seconds = random.chance(0.5) ? 0 : random.int(1, 40) / 100;
		const key = keyed ? `key-${title}` : undefined;
		described.push({ title, kind, key: key ?? null });
		jobs.push(
			evidenceJob(folder, kind, seconds, {
				title,
				queue: `q${random.int(0, 2)}`,
				...(key === undefined ? {} : { key }),
				...(random.chance(0.1) ? { payload: { text: 'x'.repeat(random.int(0, 5000)) } } : {}),
			}),
		);
	}
	return { number: batches++, jobs, described, keyed };
}

async function connect(): Promise<DaemonConnection | undefined> {
	try {
		const state = await readStateFile(paths);
		if (state === undefined) return undefined;
		return await connectOver(await openSocket(state.endpoint), {
			token: await readToken(paths),
			client: `kill-${number}`,
			version: '0',
		});
	} catch {
		return undefined; // The daemon is dead or not yet there.
	}
}

async function send(connection: DaemonConnection, batch: Batch): Promise<void> {
	note({ sent: batch.number, connection: connections, jobs: batch.described });
	try {
		const { jobs } = await connection.request('job/enqueue', { jobs: [...batch.jobs] });
		note({
			acknowledged: batch.number,
			connection: connections,
			jobs: jobs.map(({ id, generation, existing }) => ({ id, generation, existing })),
		});
	} catch (error) {
		if (!(error instanceof Error) || error.name !== 'SemanticaError') {
			note({ refused: batch.number, why: String(error) });
		} else if (batch.keyed) unanswered.push(batch);
	}
}

async function work(connection: DaemonConnection): Promise<void> {
	let ended = false;
	void connection.closed.then(() => {
		ended = true;
	});
	const open = new Set<Promise<void>>();
	while (!ended && !stopping) {
		const request = send(connection, unanswered.shift() ?? newBatch());
		open.add(request);
		void request.finally(() => open.delete(request));
		if (open.size >= MAX_OPEN_REQUESTS) await Promise.race(open);
		else if (random.chance(0.5)) await delay(random.int(0, 12));
	}
	await Promise.all(open);
}

while (!stopping) {
	const connection = await connect();
	if (connection === undefined) {
		await delay(3); // There is no event for "a daemon listens".
		continue;
	}
	connections++;
	await work(connection);
	connection.dispose();
}
process.exit(0);
