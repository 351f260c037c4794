/** Clients that stop half way, all at once, because each is given its time: half a minute and more. */
import { expect, test } from 'vitest';
import { enqueue, shell, startDaemon } from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { openSession, openWire } from './wire.ts';

const PATIENCE_MS = 120_000;

test('whoever stops half way is dropped in time, and nobody waits for that', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	await connection.request('queue/update', { name: '*', paused: true });

	const silent = await openWire(daemon);
	const dripping = await openWire(daemon);
	const drip = setInterval(() => dripping.write('X'), 500);
	const halfSaid = await openSession(daemon);
	halfSaid.write('Content-Length: 100\r\n\r\n{');
	const subscriber = await openSession(daemon);
	await subscriber.ask('jobs/subscribe', {});
	subscriber.socket.pause();
	const quiet = await openSession(daemon);

	// More news than pipes hold, twice: the second finds the first still there.
	const witness = await openSession(daemon);
	await witness.ask('jobs/subscribe', {});
	for (let round = 1; round <= 2; round++) {
		const jobs = Array.from({ length: 1000 }, (_, i) =>
			shell('true', { title: 't'.repeat(200), subject: `${round} ${i} ${'s'.repeat(450)}` }),
		);
		const ids = await enqueue(connection, ...jobs);
		await witness.next(
			({ method, params }) =>
				method === 'jobs/changed' && JSON.stringify(params).includes(ids[999] ?? ''),
		);
	}

	await Promise.all([silent.closed, dripping.closed]);
	clearInterval(drip);
	expect(halfSaid.socket.destroyed).toBe(false);
	await halfSaid.closed;
	await until(
		() => /client was disconnected: It did not take its updates/.test(daemon.log()),
		'the subscriber is dropped',
		PATIENCE_MS,
	);
	// Silence between messages is no offence, and all the while everybody else was served.
	expect((await quiet.ask('system/status', {})).result).toMatchObject({ counts: { queued: 2000 } });
}, 200_000);
