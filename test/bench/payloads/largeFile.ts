/** A payloadFile of 200 MB on its way in and out: memory, and what others notice of it. */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSource, vectors } from './contents.ts';
import { mb, percentile, probe, startBenchDaemon, table } from './daemon.ts';

const TOTAL = 200_000_000;
const PIECE = 10_000_000;

export async function measureLargeFile(folder: string): Promise<void> {
	const file = join(folder, 'large');
	const source = createSource();
	const makers = [vectors, source, randomBytes];
	for (let written = 0, turn = 0; written < TOTAL; written += PIECE, turn++) {
		appendFileSync(file, (makers[turn % makers.length] ?? randomBytes)(PIECE));
	}
	const daemon = await startBenchDaemon({});
	try {
		const quiet = await probe(daemon);
		await delay(2000);
		const control = await quiet.stop();
		const before = daemon.rssBytes();
		let peak = before;
		const watch = setInterval(() => {
			peak = Math.max(peak, daemon.rssBytes());
		}, 20);
		const probing = await probe(daemon);
		const begin = performance.now();
		const command = { command: '/bin/sh', args: ['-c', 'sleep 0.2; cat >/dev/null'] };
		const { jobs } = await daemon.client.request('job/enqueue', {
			jobs: [{ type: 'command', command, payloadFile: file }],
		});
		const stored = performance.now();
		const id = jobs[0]?.id ?? '';
		await new Promise<void>((resolve, reject) => {
			const look = async () => {
				const { job } = await daemon.client.request('job/get', { id });
				if (job.state === 'succeeded') resolve();
				else if (job.finishedAt !== null) reject(new Error(job.error?.message));
			};
			daemon.client.onNotification('jobs/changed', () => void look().catch(reject));
			daemon.client.request('jobs/subscribe', {}).then(look).catch(reject);
		});
		const ended = performance.now();
		const times = await probing.stop();
		clearInterval(watch);
		table(
			'A payloadFile of 200 MB',
			['what', 'measured', 'budget'],
			[
				['taken, durable', `${((stored - begin) / 1000).toFixed(2)} s`, ''],
				['verified and read by the job', `${((ended - stored) / 1000).toFixed(2)} s`, ''],
				['RSS before / peak', `${mb(before)} / ${mb(peak)}`, ''],
				['RSS grown at its peak', mb(peak - before), '≤ 40 MB'],
				...[0.5, 0.99, 1].map((share) => [
					`other requests, ${share === 1 ? 'max' : `p${share * 100}`}: before it / meanwhile`,
					`${percentile(control, share).toFixed(1)} / ${percentile(times, share).toFixed(1)} ms`,
					share === 0.99 ? '≤ 50 ms' : '',
				]),
			],
		);
		await daemon.stop();
	} finally {
		daemon.remove();
	}
}
