/** fleet.json, 0600 in the data folder: the queue that was joined, and whose work may run here. No workspace can say any of it. */
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as z from 'zod';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { writeAtomically } from '../../shared/privateFile.ts';

const parameterSchema = z
	.strictObject({
		/** Of the whole value. */
		pattern: z.string().max(500).optional(),
		enum: z.array(z.string().max(256)).max(100).optional(),
		/** It may begin with "-", and so be an option. */
		mayBeOption: z.boolean().default(false),
	})
	.refine(
		({ pattern, enum: values }) => (pattern === undefined) !== (values === undefined),
		'must say one of "pattern" and "enum"',
	);

const recipeSchema = z.strictObject({
	command: z.string().min(1),
	/** `{name}` as a whole argument stands for the value of that parameter. */
	args: z.array(z.string()).default([]),
	parameters: z.record(z.string(), parameterSchema).default({}),
});
export type Recipe = z.output<typeof recipeSchema>;

const ruleSchema = z.strictObject({
	/** Base64. */
	key: z.string(),
	commands: z.boolean().default(false),
	shell: z.boolean().default(false),
	recipes: z.array(z.string()).default([]),
	pools: z.array(z.string()).default([]),
	atMost: z.int().min(1).max(1024).default(1),
	secrets: z.array(z.string()).default([]),
	repos: z.array(z.strictObject({ repo: z.string(), folder: z.string() })).default([]),
});
export type Rule = z.output<typeof ruleSchema>;

/** It lets something run here; else only what that machine says of our jobs is believed. */
export const letsRun = ({ commands, recipes }: Rule): boolean => commands || recipes.length > 0;

/** What a newer build knows besides is left to it, and stays in the file. */
const joinedSchema = z.looseObject({
	address: z.string(),
	/** Past a pooler, for notifications alone. */
	listenAddress: z.string().optional(),
	name: z.string(),
	password: z.string().optional(),
	passwordCommand: z.string().optional(),
	ca: z.string().optional(),
	labels: z.array(z.string()).default([]),
	/** The id of the queue: what is signed for another one is refused. */
	fleet: z.string(),
	/** Ids of machines by name, as they were first met. */
	machines: z.record(z.string(), z.string()).default({}),
});
export type Joined = z.output<typeof joinedSchema>;

/** Rules and recipes may say nothing that is not understood: it could be a limit of what may run here. */
const fileSchema = z.looseObject({
	joined: joinedSchema.optional(),
	accept: z.array(ruleSchema).max(1000).default([]),
	recipes: z.record(z.string(), recipeSchema).default({}),
	secrets: z.record(z.string(), z.string()).default({}),
});
export type FleetFile = z.output<typeof fileSchema>;

const NOTHING: FleetFile = { accept: [], recipes: {}, secrets: {} };

export interface Membership {
	/** Read anew whenever it was changed: people edit it. Where it cannot be understood nothing is accepted, and the sentence says so. */
	read(): FleetFile & { readonly problem?: string };
	/** @throws SemanticaError CONFLICT where the file is one that cannot be understood */
	change(change: (now: FleetFile) => FleetFile): void;
}

export function openMembership(file: string): Membership {
	let kept:
		| { readonly stamp: string; readonly content: ReturnType<Membership['read']> }
		| undefined;

	function read(): ReturnType<Membership['read']> {
		const stamp = stampOf(file);
		if (stamp === undefined) return NOTHING;
		if (kept?.stamp !== stamp) kept = { stamp, content: readNow() };
		return kept.content;
	}

	function readNow(): ReturnType<Membership['read']> {
		try {
			// Who edits it may have opened it to others.
			chmodSync(file, 0o600);
			return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
		} catch (error) {
			const why = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
			return {
				...NOTHING,
				problem: `${file} cannot be understood, so no work of others is taken: ${why}`,
			};
		}
	}

	return {
		read,
		change(change) {
			const { problem, ...now } = read();
			if (problem !== undefined) throw new SemanticaError('CONFLICT', problem);
			const next = change(now);
			const { joined, accept, recipes, secrets, ...unknown } = next;
			const isEmpty =
				joined === undefined &&
				accept.length === 0 &&
				Object.keys({ ...recipes, ...secrets, ...unknown }).length === 0;
			if (isEmpty) rmSync(file, { force: true });
			else writeAtomically(file, `${JSON.stringify(next, null, 2)}\n`);
		},
	};
}

/** Differs with every change; undefined where there is no such file. */
function stampOf(file: string): string | undefined {
	const found = statSync(file, { throwIfNoEntry: false, bigint: true });
	return found && `${found.ino} ${found.size} ${found.mtimeNs}`;
}
