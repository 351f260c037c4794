/** Commands that were run from this workspace, newest first, and those that a person keeps on top. */
export interface CommandMemory {
	get<T>(key: string, fallback: T): T;
	update(key: string, value: unknown): PromiseLike<void>;
}

export interface KnownCommand {
	readonly line: string;
	readonly kept: boolean;
}

export interface CommandHistory {
	/** Kept ones first. */
	all(): readonly KnownCommand[];
	used(line: string): Promise<void>;
	/** On top from now on, or not any more. */
	keep(line: string, kept: boolean): Promise<void>;
	forget(line: string): Promise<void>;
}

const KEY = 'commands';
/** Kept ones count too, but are not forgotten for newer ones. */
const MOST = 50;

export function createCommandHistory(memory: CommandMemory): CommandHistory {
	// Written by this version or another, or by nobody.
	const read = (): KnownCommand[] =>
		memory
			.get<readonly unknown[]>(KEY, [])
			.map((one) => (typeof one === 'object' && one !== null ? one : {}) as Partial<KnownCommand>)
			.flatMap(({ line, kept }) =>
				typeof line === 'string' ? [{ line, kept: kept === true }] : [],
			);

	const write = async (all: readonly KnownCommand[]) => {
		const kept = all.filter((one) => one.kept);
		const others = all.filter((one) => !one.kept).slice(0, Math.max(0, MOST - kept.length));
		await memory.update(KEY, [...kept, ...others]);
	};

	return {
		all: read,
		async used(line) {
			const before = read();
			const kept = before.some((one) => one.line === line && one.kept);
			await write([{ line, kept }, ...before.filter((one) => one.line !== line)]);
		},
		keep: (line, kept) => write(read().map((one) => (one.line === line ? { line, kept } : one))),
		forget: (line) => write(read().filter((one) => one.line !== line)),
	};
}
