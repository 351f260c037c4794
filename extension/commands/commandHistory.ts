/** Commands that were run from this workspace, newest first, and the presets that a person keeps of them. */
export interface CommandMemory {
	get<T>(key: string, fallback: T): T;
	update(key: string, value: unknown): PromiseLike<void>;
}

export interface KnownCommand {
	readonly line: string;
	/** A preset: on top, and not forgotten for newer ones. */
	readonly kept: boolean;
	/** What a preset is called, if it has a name; jobs of it are called that, too. */
	readonly name?: string;
	/** Of a preset: whether a shell runs it, once a person has said so. */
	readonly shell?: boolean;
}

export interface CommandHistory {
	/** Presets first. */
	all(): readonly KnownCommand[];
	/** The preset that has the name. */
	named(name: string): KnownCommand | undefined;
	/** What jobs of the line are called. */
	titleOf(line: string): string;
	used(line: string): Promise<void>;
	/** What a person said of a preset the last time; undefined where they are to be asked. */
	shellOf(line: string): boolean | undefined;
	/** Kept with a preset, and with nothing else; undefined: to be asked again. */
	answer(line: string, shell: boolean | undefined): Promise<void>;
	/**
	 * A preset from now on, of that name; an empty name is none, and one that another preset has is taken from that.
	 * Undefined: an ordinary command again.
	 */
	keep(line: string, name: string | undefined): Promise<void>;
	forget(line: string): Promise<void>;
}

const KEY = 'commands';
/** Presets count too, but are not forgotten for newer ones. */
const MOST = 50;

export function createCommandHistory(memory: CommandMemory): CommandHistory {
	// Written by this version or another, or by nobody.
	const read = (): KnownCommand[] =>
		memory
			.get<readonly unknown[]>(KEY, [])
			.map((one) => (typeof one === 'object' && one !== null ? one : {}) as Partial<KnownCommand>)
			.flatMap((one) => (typeof one.line === 'string' ? [known({ ...one, line: one.line })] : []));

	const write = async (all: readonly KnownCommand[]) => {
		const kept = all.filter((one) => one.kept);
		const others = all.filter((one) => !one.kept).slice(0, Math.max(0, MOST - kept.length));
		await memory.update(KEY, [...kept, ...others]);
	};

	const of = (line: string) => read().find((one) => one.line === line);

	return {
		all: read,
		named: (name) => read().find((one) => one.name === name),
		titleOf: (line) => of(line)?.name ?? line.slice(0, 200),
		used: (line) =>
			write([of(line) ?? known({ line }), ...read().filter((one) => one.line !== line)]),
		shellOf: (line) => of(line)?.shell,
		answer: (line, shell) =>
			write(read().map((one) => (one.line === line ? known({ ...one, shell }) : one))),
		keep: (line, name) => {
			const others = read()
				.filter((one) => one.line !== line)
				.map((one) => (one.name === name ? known({ ...one, name: undefined }) : one));
			return write([known({ ...of(line), line, kept: name !== undefined, name }), ...others]);
		},
		forget: (line) => write(read().filter((one) => one.line !== line)),
	};
}

interface Said {
	readonly line: string;
	readonly kept?: unknown;
	readonly name?: unknown;
	readonly shell?: unknown;
}

/** A name and an answer are a preset's alone. */
function known({ line, kept, name, shell }: Said): KnownCommand {
	if (kept !== true) return { line, kept: false };
	return {
		...{ line, kept },
		...(typeof name === 'string' && name !== '' ? { name } : {}),
		...(typeof shell === 'boolean' ? { shell } : {}),
	};
}
