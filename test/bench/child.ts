/** Helper processes of the benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Runs a program of servers/ under this very Node. */
export function startServer(name: string, ...args: string[]): ChildProcess {
	return spawn(
		process.execPath,
		[
			'--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
			join(import.meta.dirname, 'servers', name),
			...args,
		],
		{ stdio: ['ignore', 'pipe', 'inherit'] },
	);
}

/** Resolves when it has said its first words. */
export async function untilReady(child: ChildProcess): Promise<void> {
	if (child.stdout !== null) await once(child.stdout, 'data');
}

/** All that it says until it ends. */
export async function outputOf(child: ChildProcess): Promise<string> {
	return child.stdout === null ? '' : text(child.stdout);
}

export async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const gone = once(child, 'exit');
	child.kill('SIGKILL');
	await gone;
}
