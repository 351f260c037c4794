/** A server ends with its host, however that ends. What it started goes on: jobs are the daemon's. */
import { errorCode } from '../../../shared/errors.ts';

/** How often it is looked whether the host is still there: no event tells, where somebody else holds our stdin open. */
const PARENT_MS = 5000;

/** @param end ends this process */
export function endWithHost(end: () => void): void {
	const { stdin, stdout, stderr } = process;
	for (const event of ['end', 'close', 'error'] as const) stdin.on(event, end);
	stdout.on('error', end);
	stdout.on('close', end);
	// Nobody reads what we would say there.
	stderr.on('error', () => {});
	for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
	const parent = process.ppid;
	setInterval(() => {
		if (process.ppid !== parent || !isThere(parent)) end();
	}, PARENT_MS).unref();
}

/** Windows keeps the number of a parent that is gone; elsewhere it changes. */
function isThere(pid: number): boolean {
	if (process.platform !== 'win32') return true;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return errorCode(error) !== 'ESRCH';
	}
}
