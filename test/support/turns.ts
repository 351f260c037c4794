/**
 * `node --import 'turns.ts?file=FILE' …` writes a line to FILE for each turn of the main thread's event loop that took
 * long. CPU time: what other programs do to the machine meanwhile is no part of it.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** Shorter ones nobody asks about. */
const LONG_MS = 2;

/** Options for a Node whose turns are to be measured. */
export function measuringTurns(file: string): string[] {
	const self = pathToFileURL(import.meta.filename);
	self.searchParams.set('file', file);
	return ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--import', self.href];
}

/** CPU time of the longest turn that ended between two times (epoch ms), ms. */
export function longestTurn(file: string, from: number, to: number): number {
	const turns = readFileSync(file, 'utf8')
		.trimEnd()
		.split('\n')
		.map((line) => line.split(' ').map(Number));
	const within = turns.filter(([at = 0]) => at >= from && at <= to);
	return Math.max(0, ...within.map(([, ms = 0]) => ms));
}

function measure(file: string): void {
	appendFileSync(file, '');
	let before = process.threadCpuUsage();
	const turned = () => {
		const { user, system } = process.threadCpuUsage(before);
		const ms = (user + system) / 1000;
		if (ms >= LONG_MS) appendFileSync(file, `${Date.now()} ${ms}\n`);
		before = process.threadCpuUsage();
		// One without a reference comes with the next turn, and makes none.
		setImmediate(turned).unref();
	};
	setImmediate(turned).unref();
}

const asked = new URL(import.meta.url).searchParams.get('file');
if (isMainThread && asked !== null) measure(asked);
