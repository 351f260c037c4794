/** A server of MCP on its standard input and output, spoken to by hand: a client of a library would be measured too. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Program } from './programs.ts';

export interface Server {
	readonly child: ChildProcess;
	/** The answer as it came. */
	ask(method: string, params?: object): Promise<string>;
	end(): Promise<void>;
}

export function startServer({ args, env }: Program): Server {
	const child = spawn(process.execPath, args, {
		env: { ...process.env, ...env },
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const waiting = new Map<number, (line: string) => void>();
	createInterface(child.stdout).on('line', (line) => {
		const { id } = JSON.parse(line) as { id?: number };
		if (id !== undefined) waiting.get(id)?.(line);
	});
	let last = 0;
	const write = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
	return {
		child,
		ask(method, params = {}) {
			const id = ++last;
			return new Promise((done) => {
				waiting.set(id, done);
				write({ jsonrpc: '2.0', id, method, params });
				if (method === 'initialize') write({ jsonrpc: '2.0', method: 'notifications/initialized' });
			});
		},
		async end() {
			const ended = new Promise((done) => {
				child.once('exit', done);
			});
			child.stdin.end();
			await ended;
		},
	};
}

export const HELLO = {
	protocolVersion: '2025-11-25',
	capabilities: {},
	clientInfo: { name: 'bench', version: '1' },
};

/** Bytes. */
export function rssOf({ pid }: ChildProcess): number {
	const status = readFileSync(`/proc/${pid}/status`, 'latin1');
	return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** Bytes: of what is shared, its part. */
export function pssOf({ pid }: ChildProcess): number {
	const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
	return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) * 1024;
}

/** CPU so far, ms. */
export function cpuOf({ pid }: ChildProcess): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10;
}
