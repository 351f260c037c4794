/** A server ends with its host, however that ends, and no job ends with it. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DIST, gone, temporaryFolder } from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';
import { callOf, connectHost, handshake, newHome, serverEnv, startServer } from './host.ts';

const CLI = join(DIST, 'cli.js');

test('at the end of its input', async () => {
	const server = startServer();
	server.write(...handshake());
	await server.answer('hello');
	server.child.stdin?.end();
	expect(await server.exited).toBe(0);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('at %s', async (signal) => {
	const server = startServer();
	server.write(...handshake());
	await server.answer('hello');
	server.child.kill(signal);
	expect(await server.exited).toBe(0);
});

test('when nobody reads what it says', async () => {
	const server = startServer();
	server.write(...handshake());
	await server.answer('hello');
	server.child.stdout?.destroy();
	server.write({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
	expect(await server.exited).toBe(0);
});

test('in the middle of a call, whose job goes on', async () => {
	const home = newHome();
	const server = startServer({ home });
	server.write(
		...handshake(),
		callOf(1, 'run_job', { command: ['sleep', '600'], cwd: '/', wait_seconds: 45 }),
	);
	const cli = createCli({ home });
	const running = async () =>
		(await cli.run(['list', '--state', 'running', '--json'])).stdout.includes('"sleep"');
	await expect.poll(running, { timeout: 60_000 }).toBe(true);
	server.child.stdin?.destroy();
	expect(await server.exited).toBe(0);
	expect(await running()).toBe(true);
	const other = await connectHost('modern', { home, name: 'raw' });
	const { id, text } = await other.call('list_jobs', { mine: true });
	expect(text).toContain('RUNNING');
	await other.call('cancel_job', { job_ids: [id] });
});

// Somebody else, here the test, may hold the other end of its input.
test('when its parent is killed, though its input stays open', async () => {
	const pidFile = join(temporaryFolder(), 'pid');
	const script = `
		const { spawn } = require('node:child_process');
		const { writeFileSync } = require('node:fs');
		const child = spawn(process.execPath, [${JSON.stringify(CLI)}, 'mcp'], { stdio: 'inherit' });
		writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));`;
	const input = join(temporaryFolder(), 'input');
	execFileSync('mkfifo', [input]);
	// Both ends of it: there is no end of input while we have it open.
	const held = openSync(input, 'r+');
	onTestFinished(() => closeSync(held));
	const parent = spawn(process.execPath, ['-e', script], {
		env: serverEnv({}),
		stdio: [held, 'pipe', 'ignore'],
	});
	const { stdout } = parent;
	onTestFinished(() => {
		parent.kill('SIGKILL');
	});
	const answered = new Promise((resolve) => {
		stdout?.once('data', resolve);
	});
	writeSync(held, `${JSON.stringify(handshake()[0])}\n`);
	await answered;
	const pid = Number(readFileSync(pidFile, 'utf8'));
	parent.kill('SIGKILL');
	await gone(pid, 60_000);
});

test('twenty of them, when their host is killed', async () => {
	const pidFile = join(temporaryFolder(), 'pids');
	const script = `
		const { spawn } = require('node:child_process');
		const { writeFileSync } = require('node:fs');
		const hello = ${JSON.stringify(`${JSON.stringify(handshake()[0])}\n`)};
		const all = Array.from({ length: 20 }, () => spawn(process.execPath, [${JSON.stringify(CLI)}, 'mcp']));
		Promise.all(all.map((one) => new Promise((resolve) => {
			one.stdout.once('data', resolve);
			one.stdin.write(hello);
		}))).then(() => {
			writeFileSync(${JSON.stringify(pidFile)}, all.map(({ pid }) => pid).join(' '));
			process.stdout.write('all');
		});
		setInterval(() => {}, 1000);`;
	const host = spawn(process.execPath, ['-e', script], {
		env: serverEnv({}),
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	onTestFinished(() => {
		host.kill('SIGKILL');
	});
	await new Promise((resolve) => {
		host.stdout.once('data', resolve);
	});
	host.kill('SIGKILL');
	const pids = readFileSync(pidFile, 'utf8').split(' ').map(Number);
	expect(pids).toHaveLength(20);
	for (const pid of pids) await gone(pid, 60_000);
});
