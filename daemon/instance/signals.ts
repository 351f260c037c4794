/** Signals that mean nothing to the daemon, and would end it without a word. */
import { constants } from 'node:os';

/**
 * SIGHUP: the terminal that started us may go; we stay. SIGUSR1: a Node that was not told otherwise
 * (shared/nodeArguments.ts) would open its debugger to every user of the machine.
 */
const MEANINGLESS = [
	'SIGHUP',
	'SIGUSR1',
	'SIGUSR2',
	'SIGALRM',
	'SIGVTALRM',
	'SIGIO',
	'SIGPWR',
] as const;

/** To be called before anything else. Programs that the daemon starts have them as usual. */
export function ignoreMeaninglessSignals(): void {
	for (const signal of MEANINGLESS) {
		// Not every system has each.
		if (Object.hasOwn(constants.signals, signal)) process.on(signal, () => {});
	}
}
