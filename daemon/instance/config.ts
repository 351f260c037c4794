/** config.json in the data folder: settings with their revision, and beside them what is no setting (docs/design.md section 9). */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import { writeAtomically } from '../../shared/privateFile.ts';

const fileSchema = z.looseObject({
	revision: z.int().min(0).default(0),
	ai: z.unknown().optional(),
	hooks: z.unknown().optional(),
	workers: z.unknown().optional(),
	meaning: z.unknown().optional(),
});

/** As it was read or written last; what is absent is undefined. */
export interface ConfigContent {
	readonly revision: number;
	readonly ai: unknown;
	readonly hooks: unknown;
	readonly workers: unknown;
	readonly meaning: unknown;
	readonly settings: Readonly<Record<string, unknown>>;
}

export interface Config {
	readonly file: string;
	readonly content: ConfigContent;
	/** Why it cannot be used, though it is there: nobody can tell what a person wanted. */
	readonly problem: string | undefined;
	/** @throws SemanticaError CONFLICT where it cannot be used */
	assertUsable(): void;
	/**
	 * What is not changed stays as it is.
	 * @throws SemanticaError CONFLICT where it cannot be used
	 */
	write(change: Partial<ConfigContent>): void;
}

const NOTHING: ConfigContent = {
	revision: 0,
	ai: undefined,
	hooks: undefined,
	workers: undefined,
	meaning: undefined,
	settings: {},
};

/** Where the file is absent or cannot be used there is nothing in it; of the latter a sentence says why. */
export function openConfig(file: string, warn: (sentence: string) => void): Config {
	let content = NOTHING;
	let problem: string | undefined;
	try {
		content = readConfig(file);
	} catch (error) {
		problem = notUsed(file, error);
		warn(problem);
	}
	const assertUsable = () => assertNoProblem(problem);
	return {
		file,
		problem,
		assertUsable,
		get content() {
			return content;
		},
		write(change) {
			// It would be written over with the little that was understood.
			assertUsable();
			const next = { ...content, ...change };
			const { settings, ...others } = next;
			writeAtomically(file, `${JSON.stringify({ ...others, ...settings }, null, 2)}\n`);
			content = next;
		},
	};
}

/** @throws what tells why it cannot be read or understood */
function readConfig(file: string): ConfigContent {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return NOTHING;
		throw error;
	}
	const { revision, ai, hooks, workers, meaning, ...settings } = fileSchema.parse(JSON.parse(text));
	return { revision, ai, hooks, workers, meaning, settings };
}

/** Why what stands in the file does not hold. */
export function notUsed(file: string, error: unknown): string {
	const why = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
	const what =
		errorCode(error) === undefined ? 'is not used, because it is not valid' : 'cannot be read';
	return `${file} ${what}: ${why}. The defaults hold until it is mended, and AI tools run nothing.`;
}

/** @throws SemanticaError CONFLICT where there is one */
export function assertNoProblem(problem: string | undefined): void {
	if (problem === undefined) return;
	throw new SemanticaError(
		'CONFLICT',
		`${problem}\nNothing was changed. Mend the file, or remove it, and restart the daemon.`,
	);
}
