/** How long a server takes to be of use, and what it weighs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from './programs.ts';
import { cpuOf, HELLO, pssOf, rssOf, startServer } from './server.ts';

export interface Start {
	readonly ms: number;
	readonly rss: number;
}

const IDLE_MS = 10_000;

/** `node -e 0` to its end; its memory is that of one that stays. */
export async function bareStart(): Promise<Start> {
	const begun = performance.now();
	await once(spawn(process.execPath, ['-e', '0']), 'exit');
	const ms = performance.now() - begun;
	const staying = spawn(process.execPath, ['-e', "setInterval(() => {}, 1e6); console.log('up')"]);
	await once(staying.stdout, 'data');
	const rss = rssOf(staying);
	staying.kill('SIGKILL');
	await once(staying, 'exit');
	return { ms, rss };
}

export async function startOf(program: Program): Promise<Start> {
	const begun = performance.now();
	const server = startServer(program);
	const hello = server.ask('initialize', HELLO);
	await server.ask('tools/list');
	const ms = performance.now() - begun;
	await hello;
	const rss = rssOf(server.child);
	await server.end();
	return { ms, rss };
}

/** Characters of what a model is told of the tools. */
export async function lengthOfList(program: Program): Promise<number> {
	const server = startServer(program);
	await server.ask('initialize', HELLO);
	const { result } = JSON.parse(await server.ask('tools/list')) as { result: { tools: unknown } };
	await server.end();
	return JSON.stringify(result.tools).length;
}

export async function measureTogether(program: Program, count: number): Promise<void> {
	const begun = performance.now();
	const servers = Array.from({ length: count }, () => startServer(program));
	await Promise.all(servers.map((server) => server.ask('initialize', HELLO)));
	await Promise.all(servers.map((server) => server.ask('tools/list')));
	const ms = performance.now() - begun;
	const sum = (of: (server: (typeof servers)[number]) => number) =>
		servers.reduce((total, server) => total + of(server), 0);
	const pss = sum(({ child }) => pssOf(child));
	const cpu = sum(({ child }) => cpuOf(child));
	await delay(IDLE_MS);
	const idle = sum(({ child }) => cpuOf(child)) - cpu;
	const ending = performance.now();
	await Promise.all(servers.map((server) => server.end()));
	const end = performance.now() - ending;
	console.log(
		`${count} servers at once: all lists after ${ms.toFixed(0)} ms, ${(pss / 1e6).toFixed(0)} MB together (PSS), ` +
			`${idle} ms CPU in ${IDLE_MS / 1000} s of idleness, all gone ${end.toFixed(0)} ms after their hosts.`,
	);
}
