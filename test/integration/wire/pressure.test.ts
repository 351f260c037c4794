import { expect, it } from 'vitest';
import { startDaemon } from '../../support/daemon.ts';
import { chooseSeed, createRandom } from '../../support/random.ts';
import { hostileBytes } from './mutations.ts';
import {
	connectKnown,
	connectRaw,
	frame,
	openFiles,
	type RawClient,
	request,
} from './rawClient.ts';
import { median, rssBytes, startWitness } from './witness.ts';

const MiB = 1024 * 1024;
const FUZZ_MS = 6000;

it('survives whatever bytes come, serving others meanwhile', async () => {
	const seed = chooseSeed(process.env);
	console.log(`Wire fuzzing: SEMANTICA_SEED=${seed}`);
	const random = createRandom(seed);
	const daemon = await startDaemon();
	const witness = startWitness(await daemon.connect());
	const before = { rss: await rssBytes(daemon), files: openFiles(daemon.state.pid) };

	const end = performance.now() + FUZZ_MS;
	let clients = 0;
	let messages = 0;
	const attack = async () => {
		while (performance.now() < end) {
			const client = random.chance(0.7) ? await connectKnown(daemon) : await connectRaw(daemon);
			clients++;
			for (let n = random.int(1, 30); n > 0 && !client.socket.destroyed; n--) {
				await client.send(hostileBytes(random));
				messages++;
				if (random.chance(0.2)) await new Promise((resolve) => setImmediate(resolve));
			}
			if (random.chance(0.5)) client.socket.end();
			else client.socket.destroy();
		}
	};
	await Promise.all(Array.from({ length: 8 }, attack));

	const latencies = await witness.stop();
	console.log(
		`${messages} messages over ${clients} connections; the witness had ${latencies.length} answers, ` +
			`median ${median(latencies).toFixed(1)} ms, worst ${Math.max(...latencies).toFixed(1)} ms`,
	);
	expect(messages).toBeGreaterThan(1000);
	expect(latencies.length).toBeGreaterThan(50);
	expect(median(latencies)).toBeLessThan(500);
	const connection = await daemon.connect();
	const status = await connection.request('system/status', {});
	expect(status.pid).toBe(daemon.state.pid);
	expect(status.memory.rssBytes).toBeLessThan(before.rss + 200 * MiB);
	expect(openFiles(daemon.state.pid)).toBeLessThan(before.files + 20);
	expect(daemon.log()).not.toMatch(/error of its own|unhandled/i);
});

it('holds a flood back: what the client does not take is not kept without bound', async () => {
	const daemon = await startDaemon();
	const known = await daemon.connect();
	await known.request('job/enqueue', {
		jobs: Array.from({ length: 200 }, () => ({
			type: 'command',
			command: { command: 'true', args: ['x'.repeat(10_000)] },
			runAt: 4_000_000_000_000,
		})),
	});
	const before = await rssBytes(daemon);
	const witness = startWitness(known);
	// Each answer is 2 MB, and nobody reads them.
	const question = frame(request(1, 'job/list', { limit: 200 }));
	const flooders: RawClient[] = [];
	for (let n = 0; n < 4; n++) {
		const client = await connectKnown(daemon);
		client.socket.pause();
		for (let i = 0; i < 20_000; i++) client.socket.write(question);
		flooders.push(client);
	}
	// The daemon has stopped taking when a client's own buffer no longer shrinks between two looks.
	const untaken = () => flooders.map((client) => client.socket.writableLength).join();
	for (let last = ''; last !== untaken(); ) {
		last = untaken();
		await known.request('queue/list', {});
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	expect(flooders.every((client) => client.socket.writableLength > 0)).toBe(true);
	expect(await rssBytes(daemon)).toBeLessThan(before + 250 * MiB);
	const latencies = await witness.stop();
	expect(median(latencies)).toBeLessThan(500);

	// One that takes its answers after all gets every one of them.
	const patient = flooders[0];
	patient?.socket.resume();
	for (let n = 0; n < 50; n++) expect(await patient?.answer()).toMatchObject({ id: 1 });
	for (const client of flooders) client.socket.destroy();
});

it('closes strangers that say nothing or never finish, and drops who came first when there are too many', async () => {
	const daemon = await startDaemon();
	const trickling = await connectRaw(daemon);
	const drip = setInterval(() => trickling.socket.write('X'), 200);
	const silent = await connectRaw(daemon);
	const half = await connectRaw(daemon);
	half.socket.end('Content-Length: 20\r\n\r\n{');
	await half.closed;

	const crowd: RawClient[] = [];
	// By and by: the kernel's queue for a listening socket holds 511.
	while (crowd.length < 600) {
		crowd.push(...(await Promise.all(Array.from({ length: 50 }, () => connectRaw(daemon)))));
	}
	const witness = startWitness(await daemon.connect());
	await Promise.all([trickling.closed, silent.closed]);
	clearInterval(drip);
	await Promise.all(crowd.map((client) => client.closed));
	expect((await witness.stop()).length).toBeGreaterThan(5);
	expect(openFiles(daemon.state.pid)).toBeLessThan(100);
});
