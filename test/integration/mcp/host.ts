/** A host as AI tools are: it starts `semantica mcp` and speaks MCP with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { onTestFinished } from 'vitest';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import { dataPaths } from '../../../shared/paths.ts';
import { DIST } from '../../support/daemon.ts';
import { createCli } from '../cli/cli.ts';

export const MODERN = '2026-07-28';
export type Era = 'legacy' | 'modern';
const CLI = join(DIST, 'cli.js');

export interface HostOptions {
	readonly home?: string;
	readonly args?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly name?: string;
	/** Where it is started. */
	readonly cwd?: string;
}

export interface Host {
	readonly client: Client;
	readonly transport: StdioClientTransport;
	/** The text of a tool's answer. */
	call(name: string, args?: Record<string, unknown>): Promise<Called>;
}

export interface Called {
	readonly text: string;
	readonly isError: boolean;
	/** The first id in it. */
	readonly id: string;
}

/** A data folder in which these are open to tools, whose daemon is killed when the test has finished. */
export function newHome(folders: readonly string[] = ['/']): string {
	const { home } = createCli();
	mkdirSync(home, { mode: 0o700 });
	writeFileSync(dataPaths(home).config, JSON.stringify({ ai: { folders } }), { mode: 0o600 });
	return home;
}

/** As a person's client, to the daemon that runs there. */
export async function connectToHome(home: string): Promise<DaemonConnection> {
	const paths = dataPaths(home);
	const state = await readStateFile(paths);
	if (state === undefined) throw new Error('No daemon runs.');
	const token = await readToken(paths);
	const socket = await openSocket(state.endpoint);
	const connection = await connectOver(socket, { token, client: 'test', version: '0' });
	onTestFinished(() => connection.dispose());
	return connection;
}

export function serverEnv({ home, env = {} }: HostOptions): Record<string, string> {
	const { SEMANTICA_JOB_ID: _id, SEMANTICA_TOKEN: _token, ...own } = process.env;
	return {
		...(own as Record<string, string>),
		CI: 'true',
		SEMANTICA_HOME: home ?? newHome(),
		...env,
	};
}

/** With the library's own client. */
export async function connectHost(era: Era, options: HostOptions = {}): Promise<Host> {
	const { name = 'test-host', args = [] } = options;
	const mode = era === 'legacy' ? 'legacy' : { pin: MODERN };
	const client = new Client({ name, version: '1' }, { versionNegotiation: { mode } });
	const transport = new StdioClientTransport({
		command: process.execPath,
		args: [CLI, 'mcp', ...args],
		env: serverEnv(options),
		stderr: 'ignore',
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	onTestFinished(() => client.close());
	await client.connect(transport);
	return {
		client,
		transport,
		async call(tool, given = {}) {
			const answer = await client.callTool({ name: tool, arguments: given }, { timeout: 120_000 });
			const text = answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
			const [id = ''] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text) ?? [];
			return { text, isError: answer.isError === true, id };
		},
	};
}

export interface RawServer {
	readonly child: ChildProcess;
	/** Everything that came, in order. */
	readonly messages: Record<string, unknown>[];
	/** Lines on stdout that are no JSON object. */
	readonly strange: string[];
	write(...messages: (object | string)[]): void;
	/** Resolves when an answer to this request is there. */
	answer(id: string | number): Promise<Record<string, unknown>>;
	readonly exited: Promise<number | null>;
}

/** By hand, for what no client would do. */
export function startServer(options: HostOptions = {}): RawServer {
	const child = spawn(process.execPath, [CLI, 'mcp', ...(options.args ?? [])], {
		env: serverEnv(options),
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	onTestFinished(() => {
		child.kill('SIGKILL');
	});
	child.stdin.on('error', () => {});
	const messages: Record<string, unknown>[] = [];
	const strange: string[] = [];
	const waiting = new Map<string | number, (message: Record<string, unknown>) => void>();
	createInterface(child.stdout).on('line', (line) => {
		try {
			const message = JSON.parse(line) as Record<string, unknown>;
			messages.push(message);
			if (message['method'] === undefined) waiting.get(message['id'] as string)?.(message);
		} catch {
			strange.push(line);
		}
	});
	const over = new Promise<never>((_, reject) => {
		child.once('exit', () => reject(new Error('It ended before it answered.')));
	});
	over.catch(() => {});
	return {
		child,
		messages,
		strange,
		write(...all) {
			for (const one of all) {
				child.stdin.write(`${typeof one === 'string' ? one : JSON.stringify(one)}\n`);
			}
		},
		answer: (id) =>
			Promise.race([
				over,
				new Promise<Record<string, unknown>>((resolve) => {
					const found = messages.find((one) => one['id'] === id && one['method'] === undefined);
					if (found !== undefined) resolve(found);
					waiting.set(id, resolve);
				}),
			]),
		exited: new Promise((resolve) => {
			child.once('exit', resolve);
		}),
	};
}

export const handshake = (more: object = {}) => [
	{
		jsonrpc: '2.0',
		id: 'hello',
		method: 'initialize',
		params: {
			protocolVersion: '2025-11-25',
			capabilities: {},
			clientInfo: { name: 'raw', version: '1' },
			...more,
		},
	},
	{ jsonrpc: '2.0', method: 'notifications/initialized' },
];

export const callOf = (id: string | number, name: string, args: object = {}) => ({
	jsonrpc: '2.0',
	id,
	method: 'tools/call',
	params: { name, arguments: args },
});
