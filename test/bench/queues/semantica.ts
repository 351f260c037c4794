/** Semantica whole: a client on the daemon's socket, and a process for every job. */
import { join } from 'node:path';
import type { JobSpecInput } from '../../../shared/job.ts';
import { connectTo, pauseEverything } from '../daemon.ts';
import { sampleJob } from '../sample.ts';
import { openSigns } from '../signs.ts';
import type { Opening, QueueSystem } from './system.ts';

export async function openSemantica({ endpoint: home }: Opening): Promise<QueueSystem> {
	const connection = await connectTo(home);
	await connection.request('jobs/subscribe', {});
	await pauseEverything(connection);
	// A job's first act is to write its id there.
	const signs = openSigns(join(home, 'started'));
	const command = {
		command: '/bin/sh',
		args: ['-c', `echo "$SEMANTICA_JOB_ID" >'${signs.file}'`],
		cwd: '/',
	};
	const jobs = (n: number, count: number): JobSpecInput[] =>
		Array.from({ length: count }, (_, i) => sampleJob(n + i, { command }));
	const enqueueMany = async (n: number, count: number) => {
		const answer = await connection.request('job/enqueue', { jobs: jobs(n, count) });
		return answer.jobs.map(({ id }) => id);
	};
	return {
		enqueue: async (n) => (await enqueueMany(n, 1))[0] ?? '',
		enqueueMany,
		async work(atOnce, began) {
			signs.listen(began);
			for (const name of ['default', '*']) {
				await connection.request('queue/update', { name, concurrency: atOnce });
			}
			await connection.request('queue/update', { name: '*', paused: false });
			return { stop: () => pauseEverything(connection) };
		},
		async unfinished() {
			const { counts } = await connection.request('system/status', {});
			return (counts['queued'] ?? 0) + (counts['running'] ?? 0);
		},
	};
}
