/** macOS: the first line of `pmset -g batt` tells where the Mac draws from, also with a UPS attached. */
import { type PowerReader, type PowerReading, toPercent } from './reader.ts';

/** @param command The program that answers as `pmset -g batt` does. */
export function createMacReader(command: string): PowerReader {
	return async () => {
		const { execa } = await import('execa');
		const { stdout } = await execa(command, ['-g', 'batt'], {
			timeout: 5000,
			stdin: 'ignore',
			maxBuffer: 65_536,
		});
		return parsePmset(stdout);
	};
}

export function parsePmset(output: string): PowerReading {
	const source = /^Now drawing from '([^']+)'/m.exec(output)?.[1];
	const internal = /InternalBattery[^\n]*?(\d+)%/.exec(output)?.[1];
	const percent = toPercent(internal === undefined ? null : Number(internal));
	if (source === undefined) {
		return { source: 'unknown', percent, reason: 'pmset does not say what the Mac draws from' };
	}
	return {
		source: source === 'AC Power' ? 'ac' : 'battery',
		percent,
		reason: `drawing from ${source}`,
	};
}
