/** Another extension in a window of the editor (driver/), and what it is asked. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import { installExtension } from './install.ts';
import { PATIENCE_MS } from './patience.ts';

const VSCE = join(import.meta.dirname, '../../node_modules/@vscode/vsce/vsce');

export interface Driver {
	/** Names of all tools of the editor. */
	tools(): Promise<readonly string[]>;
	invoke(name: string, input: object, tokenBudget?: number): Invocation;
	set(key: string, value: unknown): Promise<void>;
	startServers(): Promise<void>;
}

export interface Invocation {
	readonly text: Promise<string>;
	cancel(): void;
}

export interface DriverPlace {
	/** Of extensions: ours and the driver. */
	readonly extensions: string;
	readonly env: Readonly<Record<string, string>>;
	/** To the driver of the window that was opened. */
	connect(): Promise<Driver>;
}

export function installDriver(): DriverPlace {
	const work = process.env['SEMANTICA_E2E_WORK'] ?? '';
	const shared = process.env['SEMANTICA_E2E_EXTENSIONS'] ?? '';
	const folder = mkdtempSync(join(work, 'driver-'));
	const vsix = join(folder, 'driver.vsix');
	execFileSync(
		process.execPath,
		[
			...[VSCE, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license'],
			...['--out', vsix],
		],
		{ cwd: join(import.meta.dirname, 'driver'), stdio: ['ignore', 'ignore', 'inherit'] },
	);
	const extensions = join(folder, 'extensions');
	cpSync(shared, extensions, { recursive: true });
	installExtension(vsix, extensions, folder);
	const path = join(folder, 'socket');
	return { extensions, env: { SEMANTICA_E2E_DRIVER: path }, connect: () => connectTo(path) };
}

async function connectTo(path: string): Promise<Driver> {
	// Its file is there before it listens.
	const socket = await vi.waitFor(
		async () => {
			const opening = connect(path);
			await once(opening, 'connect');
			return opening;
		},
		{ timeout: PATIENCE_MS },
	);
	const waiting = new Map<number, PromiseWithResolvers<unknown>>();
	let count = 0;
	createInterface(socket).on('line', (line) => {
		const { id, result, error } = JSON.parse(line);
		const asked = waiting.get(id);
		waiting.delete(id);
		if (error === undefined) asked?.resolve(result);
		else asked?.reject(Object.assign(new Error(error.message), { name: error.name }));
	});
	socket.on('close', () => {
		for (const { reject } of waiting.values()) reject(new Error('The driver is gone.'));
	});

	function ask(method: string, params: object = {}) {
		const id = ++count;
		const asked = Promise.withResolvers<unknown>();
		waiting.set(id, asked);
		socket.write(`${JSON.stringify({ id, method, params })}\n`);
		return { id, answer: asked.promise };
	}

	return {
		tools: async () =>
			((await ask('tools').answer) as readonly { name: string }[]).map(({ name }) => name),
		invoke(name, input, tokenBudget) {
			const { id, answer } = ask('invoke', { name, input, tokenBudget });
			// A person may have refused before the test looks at it.
			answer.catch(() => {});
			return { text: answer as Promise<string>, cancel: () => void ask('cancel', { id }) };
		},
		async set(key, value) {
			await ask('set', { key, value }).answer;
		},
		async startServers() {
			await ask('startServers').answer;
		},
	};
}
