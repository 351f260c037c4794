/** How long others wait at worst while a long step is played. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DaemonConnection } from '../../shared/client/connection.ts';
import type { LongStep } from './longSteps/step.ts';

export interface Played {
	/** The longest round trip of the ping, ms. */
	readonly pause: number;
	/** Of the playing itself, epoch ms. */
	readonly began: number;
	readonly ended: number;
}

/** The ping runs in a process of its own: what keeps this one busy is not the daemon's. */
export async function longestPause(
	home: string,
	connection: DaemonConnection,
	step: LongStep,
	size: number,
): Promise<Played> {
	await connection.request('queue/update', { name: '*', paused: true });
	await step.prepare(connection, size);
	const ping = spawn(
		process.execPath,
		['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(import.meta.dirname, 'ping.ts'), home],
		{ stdio: ['ignore', 'pipe', 'inherit'] },
	);
	try {
		await once(ping.stdout, 'data');
		const began = Date.now();
		await step.play(connection, size);
		const ended = Date.now();
		ping.kill('SIGTERM');
		return { pause: Number(await text(ping.stdout)), began, ended };
	} finally {
		ping.kill('SIGKILL');
	}
}
