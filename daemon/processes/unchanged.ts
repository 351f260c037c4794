/** Whether a run is needed at all: nothing that it depends on changed since the same succeeded. */
import { createHash } from 'node:crypto';
import { errorMessage } from '../../shared/errors.ts';
import type { Command, SkipIfUnchanged } from '../../shared/jobFields.ts';
import type { InputState, LastSuccess } from '../queue/ports/inputs.ts';

/** Looks at files, elsewhere than on the daemon's thread. `digest` undefined: never the same; `why` in words. */
export type HashFiles = (
	request: {
		readonly folder: string;
		readonly globs: readonly string[];
		readonly others: Readonly<Record<string, string>>;
		readonly stdin: string | null;
		readonly before: Uint8Array | null;
	},
	signal: AbortSignal,
) => Promise<{
	readonly digest: string | undefined;
	readonly manifest: Uint8Array | null;
	readonly why: string | undefined;
}>;

export interface InputCheckOptions {
	readonly skip: SkipIfUnchanged;
	readonly command: Command;
	readonly folder: string;
	/** The whole environment of the run. */
	readonly env: Readonly<Record<string, string>>;
	/** A file. */
	readonly stdin: string | null;
	/** A person asked for it: it runs, and is recorded as any other. */
	readonly always: boolean;
	readonly hash: HashFiles;
	readonly last: (work: string) => LastSuccess | undefined;
	/** A sentence for the job's log. */
	readonly note: (sentence: string) => void;
	readonly signal: AbortSignal;
}

export interface InputCheck {
	/** The success since which nothing changed; undefined: it is to run. Never rejects. */
	before(): Promise<LastSuccess | undefined>;
	/** After it has ended well: what is to be recorded, where that is what it began with. Never rejects. */
	after(): Promise<InputState | undefined>;
}

export function checkInputs(options: InputCheckOptions): InputCheck {
	const { skip, command, folder, env, stdin, always, hash, last, note, signal } = options;
	const globs = [...new Set(skip.inputs)].sort();
	const names = [...new Set(skip.env)].sort();
	const { command: program, args, shell } = command;
	const work = digest(JSON.stringify([program, args, shell, folder, globs, names]));
	const others = Object.fromEntries(
		names.map((name) => [`the variable ${name}`, digest(`${work}\0${name}\0${env[name] ?? '\0'}`)]),
	);
	let first: string | undefined;

	const look = (before: Uint8Array | null) =>
		hash({ folder, globs, others, stdin, before }, signal);

	return {
		async before() {
			try {
				const known = last(work);
				const found = await look(known?.manifest ?? null);
				first = found.digest;
				if (always) note('runs: it was asked for by hand');
				else if (first === undefined)
					note(`runs: ${found.why ?? 'nobody knows what it depends on'}`);
				else if (known === undefined) note('runs: no success with these inputs is known');
				else if (known.digest === first) return known;
				else note(`runs: ${found.why ?? 'something changed'} since job ${known.job}`);
			} catch (error) {
				if (!signal.aborted)
					note(`runs: what it depends on cannot be looked at: ${errorMessage(error)}`);
			}
			return undefined;
		},
		async after() {
			if (first === undefined) return undefined;
			try {
				const found = await look(last(work)?.manifest ?? null);
				if (found.digest === undefined) return undefined;
				if (found.digest !== first) {
					note('what it depends on changed while it ran, so that the next one runs too');
					return undefined;
				}
				const manifest = found.manifest === null ? null : Buffer.from(found.manifest);
				return { work, digest: found.digest, manifest };
			} catch (error) {
				if (!signal.aborted) note(`the next one runs too: ${errorMessage(error)}`);
				return undefined;
			}
		},
	};
}

function digest(text: string): string {
	return createHash('sha256').update(text).digest('base64url');
}
