/** Debian's Prometheus: test/setup.mjs installs it where it may. */
import { spawnSync } from 'node:child_process';

function find(program: string): string | undefined {
	const found = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
	return found.status === 0 ? found.stdout.trim() : undefined;
}

export const PROMTOOL = process.platform === 'win32' ? undefined : find('promtool');
export const PROMETHEUS = process.platform === 'win32' ? undefined : find('prometheus');

/** One line about what a machine without it leaves open; where it was to be installed that is an error. */
export function saidNotTried(what: string): void {
	const sentence = `Not tried: ${what}. Debian's prometheus is not installed (SEMANTICA_TEST_INSTALL=1 lets the tests do it).`;
	if (process.env['CI'] || process.env['SEMANTICA_TEST_INSTALL']) throw new Error(sentence);
	console.warn(sentence);
}
