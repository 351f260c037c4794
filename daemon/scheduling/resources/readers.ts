/** What the machine has to spare, as its operating system tells. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { isShortage } from '../../../shared/errors.ts';
import { answering } from '../../disks/answering.ts';
import type { ResourceReaders } from './watch.ts';

const ANSWERS_WITHIN_MS = 5000;
/** NetworkManager's property: 1 and 3 are known and guessed to cost money, 2 and 4 not to, 0 is unknown. */
const METERED = [
	'--system',
	'get-property',
	'org.freedesktop.NetworkManager',
	'/org/freedesktop/NetworkManager',
	'org.freedesktop.NetworkManager',
	'Metered',
];

export function createResourceReaders(platform: NodeJS.Platform): ResourceReaders {
	return {
		freeMemory: freemem,
		freeDisk: (path) =>
			answering(
				path,
				async () => {
					const { bavail, bsize } = await statfs(path);
					return bavail * bsize;
				},
				ANSWERS_WITHIN_MS,
			),
		metered: async () => (platform === 'linux' ? meteredIn(await askNetworkManager()) : undefined),
	};
}

/** Of what busctl prints, as in `u 4`. */
export function meteredIn(text: string): boolean | undefined {
	const value = /^u ([1-4])$/m.exec(text)?.[1];
	return value === undefined ? undefined : value === '1' || value === '3';
}

/** Empty where it is not there. @throws where that cannot be told now: no answer in time, no descriptor left */
function askNetworkManager(): Promise<string> {
	return new Promise((resolve, reject) => {
		execFile('busctl', METERED, { timeout: ANSWERS_WITHIN_MS }, (error, stdout) => {
			if (error === null) resolve(stdout);
			else if (error.killed === true || isShortage(error)) reject(error);
			else resolve('');
		});
	});
}
