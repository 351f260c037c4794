import type { DaemonAccess } from './connect.ts';
import type { Output } from './output.ts';

/** What every command is given: where it was called, where it writes, how it reaches the daemon. */
export interface Context {
	/** Looked for only where it matters. @throws CliError when it is gone */
	cwd(): string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly stdin: NodeJS.ReadStream;
	readonly out: Output;
	readonly err: Output;
	readonly daemon: DaemonAccess;
}
