/** The port for Prometheus: whom it answers, and what it costs the daemon. */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startDaemon, type TestDaemon } from '../../support/daemon.ts';
import { freePort } from '../../support/freePort.ts';
import { samples, sumOf } from './samples.ts';

interface Answer {
	readonly status: number | undefined;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly text: string;
}

function ask(
	port: number,
	{ path = '/metrics', method = 'GET', headers = {} as Record<string, string> } = {},
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request(
			{ host: '127.0.0.1', port, path, method, headers, agent: false },
			(came) => {
				let text = '';
				came.setEncoding('utf8').on('data', (part: string) => {
					text += part;
				});
				came.on('end', () => resolve({ status: came.statusCode, headers: came.headers, text }));
			},
		);
		asked.on('error', reject).end();
	});
}

const tokenOf = (daemon: TestDaemon) => readFileSync(daemon.paths.metricsTokenFile, 'utf8').trim();
const bearer = (daemon: TestDaemon) => ({ authorization: `Bearer ${tokenOf(daemon)}` });

it('answers whoever knows the token and came by its own name, and nobody else', async () => {
	const port = await freePort();
	const daemon = await startDaemon({ config: { 'metrics.port': port } });
	expect(statSync(daemon.paths.metricsTokenFile).mode & 0o777).toBe(0o600);
	const headers = bearer(daemon);
	const told = await ask(port, { headers });
	expect(told.status).toBe(200);
	expect(told.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
	expect(told.headers).not.toHaveProperty('access-control-allow-origin');
	// A scrape is no client.
	expect(sumOf(samples(told.text), 'semantica_clients', {})).toBe(0);
	expect((await ask(port, { path: '/metrics?x=1', headers })).status).toBe(200);
	for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
		expect((await ask(port, { headers: { ...headers, host } })).status, host).toBe(200);
	}
	for (const host of [
		'evil.example',
		`evil.example:${port}`,
		'127.0.0.1',
		`127.0.0.1:${port + 1}`,
	]) {
		expect((await ask(port, { headers: { ...headers, host } })).status, host).toBe(403);
	}
	for (const path of [
		'/',
		'/metrics/',
		'/jobs',
		'/..%2fmetrics',
		`http://127.0.0.1:${port}/metrics`,
	]) {
		expect((await ask(port, { path, headers })).status, path).toBe(404);
	}
	for (const method of ['POST', 'OPTIONS', 'PUT']) {
		expect((await ask(port, { method, headers })).status, method).toBe(405);
	}
	const client = readFileSync(daemon.paths.tokenFile, 'utf8').trim();
	for (const authorization of ['', 'Bearer ', `Bearer ${client}`, `Basic ${tokenOf(daemon)}`]) {
		const refused = await ask(port, { headers: { authorization } });
		expect(refused.status, authorization).toBe(401);
		expect(refused.text).toContain('run/metrics-token');
		expect(refused.text).not.toContain('semantica_');
	}
	// Others of the machine may be reached by other addresses; this is not.
	await expect(once(connect(port, '127.0.0.2'), 'connect')).rejects.toThrow('ECONNREFUSED');
	// Who deleted the token is given it again.
	const token = tokenOf(daemon);
	rmSync(daemon.paths.metricsTokenFile);
	await ask(port);
	expect(tokenOf(daemon)).toBe(token);
});

it('is opened, moved and closed while the daemon runs, and never where it was not asked for', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	expect(existsSync(daemon.paths.metricsTokenFile)).toBe(false);
	const [first, second] = [await freePort(), await freePort()];
	let revision = 0;
	const set = async (values: Record<string, number | boolean | null>) => {
		({ revision } = await client.request('settings/update', { values, revision }));
	};
	const status = async (port: number) => {
		// What the settings say holds a moment later.
		for (let tries = 0; ; tries++) {
			const found = await ask(port).then(
				(answer) => answer.status,
				() => 'closed',
			);
			if (tries === 50 || (await opened(port)) === (found !== 'closed')) return found;
			await delay(20);
		}
	};
	const opened = async (port: number) => {
		const { checks } = await client.request('system/diagnose', {});
		return checks.some(({ name, message }) => name === 'metrics' && message.includes(`:${port}/`));
	};
	await set({ 'metrics.port': first });
	expect(await status(first)).toBe(401);
	await set({ 'metrics.open': true });
	expect(await status(first)).toBeOneOf([200, 401]);
	await set({ 'metrics.port': second });
	expect(await status(second)).toBe(200);
	expect(await status(first)).toBe('closed');
	await set({ 'metrics.port': null });
	expect(await status(second)).toBe('closed');
	await expect(set({ 'metrics.port': 70_000 })).rejects.toThrow('metrics.port');
});

it('says so where another program has the port, and goes on', async () => {
	const other = createServer().listen(0, '127.0.0.1');
	onTestFinished(() => void other.close());
	await once(other, 'listening');
	const address = other.address();
	if (address === null || typeof address === 'string') throw new Error('No port.');
	const daemon = await startDaemon({ config: { 'metrics.port': address.port } });
	const client = await daemon.connect();
	const { checks } = await client.request('system/diagnose', {});
	const found = checks.find(({ name }) => name === 'metrics');
	expect(found?.ok).toBe(false);
	expect(found?.message).toContain(
		`${address.port} for metrics could not be opened: another program`,
	);
	expect((await client.request('system/status', {})).warnings).toEqual([found?.message]);
});

it('holds four connections, each for five seconds, whatever it is sent and whoever does not read', async () => {
	const port = await freePort();
	const daemon = await startDaemon({ config: { 'metrics.port': port } });
	const silent: Socket[] = [];
	for (let i = 0; i < 4; i++) {
		const socket = connect(port, '127.0.0.1');
		socket.on('error', () => {});
		await once(socket, 'connect');
		silent.push(socket);
	}
	silent[0]?.write(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `);
	silent[1]?.write('nonsense\r\n\r\n');
	silent[2]?.write(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(20_000)}`);
	// Asks rightly, and never reads.
	const deaf = silent.pop();
	deaf
		?.pause()
		.write(
			`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${tokenOf(daemon)}\r\n\r\n`.repeat(
				50,
			),
		);
	const closed = silent.map((socket) => once(socket.resume(), 'close'));
	await Promise.all(closed);
	expect((await ask(port, { headers: bearer(daemon) })).status).toBe(200);
	// Pipelined and at once: every one is answered, or turned away.
	const many = await Promise.allSettled(
		Array.from({ length: 20 }, () => ask(port, { headers: bearer(daemon) })),
	);
	const answered = many.filter((one) => one.status === 'fulfilled');
	expect(answered.length).toBeGreaterThan(0);
	for (const { value } of answered) expect(value.status).toBe(200);
});

it('answers two that ask again and again', async () => {
	const port = await freePort();
	const daemon = await startDaemon({ config: { 'metrics.port': port } });
	const headers = bearer(daemon);
	const scraper = async () => {
		const started: number[] = [];
		for (let i = 0; i < 20; i++) {
			const { status, text } = await ask(port, { headers });
			expect(status).toBe(200);
			started.push(sumOf(samples(text), 'semantica_process_cpu_seconds_total', {}));
		}
		// What counts up never falls, whoever asked between.
		expect(started).toEqual([...started].sort((a, b) => a - b));
	};
	await Promise.all([scraper(), scraper()]);
});

it('keeps no daemon that has nothing to do', async () => {
	const port = await freePort();
	const daemon = await startDaemon({ config: { 'metrics.port': port, idleExitMs: 500 } });
	const headers = bearer(daemon);
	const end = Date.now() + 60_000;
	for (;;) {
		const answer = await ask(port, { headers }).catch(() => undefined);
		if (answer === undefined) break;
		if (Date.now() > end) throw new Error('Scrapes keep the daemon from leaving.');
		await delay(50);
	}
	expect(daemon.log()).toContain('leaving');
});
