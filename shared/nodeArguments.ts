/** What every Node that we start is told. */

const NO_DEBUGGER = '--disable-sigusr1';
/**
 * V8 lets the space of young objects grow to 3 × 16 MB under load and gives nothing back. Every job that is started
 * copies the page tables of what the daemon holds, too.
 */
const YOUNG_SPACE = '--max-semi-space-size=4';

/**
 * At SIGUSR1 a Node opens its debugger on a TCP port, to every user of the machine. Only of the Node that we run
 * on ourselves do we know that it understands the argument (22.14, 23.7); another one would refuse to start.
 */
export function nodeArguments(execPath: string): string[] {
	const understood =
		execPath === process.execPath && process.allowedNodeEnvironmentFlags.has(NO_DEBUGGER);
	return understood ? [NO_DEBUGGER] : [];
}

/** Of the Node that is to be a daemon, or an indexer of its. */
export const daemonArguments = (execPath: string): string[] => [
	...nodeArguments(execPath),
	YOUNG_SPACE,
];
