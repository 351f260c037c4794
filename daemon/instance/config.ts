/** config.json in the data folder: settings with their revision, and beside them what is no setting (docs/design.md section 9). */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { errorCode, errorMessage } from '../../shared/errors.ts';
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
	/** It is there and cannot be used: nobody can tell what a person wanted. */
	readonly unusable: boolean;
	/** What is not changed stays as it is. */
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
	const read = readConfig(file, warn);
	let content = read ?? NOTHING;
	return {
		file,
		unusable: read === undefined,
		get content() {
			return content;
		},
		write(change) {
			const next = { ...content, ...change };
			const { settings, ...others } = next;
			writeAtomically(file, `${JSON.stringify({ ...others, ...settings }, null, 2)}\n`);
			content = next;
		},
	};
}

function readConfig(file: string, warn: (sentence: string) => void): ConfigContent | undefined {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return NOTHING;
		warn(`${file} cannot be read: ${errorMessage(error)}`);
		return undefined;
	}
	try {
		const { revision, ai, hooks, workers, meaning, ...settings } = fileSchema.parse(
			JSON.parse(text),
		);
		return { revision, ai, hooks, workers, meaning, settings };
	} catch (error) {
		warn(notUsed(file, error));
		return undefined;
	}
}

/** Why what stands in the file does not hold. */
export function notUsed(file: string, error: unknown): string {
	const why = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
	return `${file} is not used, because it is not valid: ${why}. The defaults hold until it is mended, and AI tools run nothing.`;
}
