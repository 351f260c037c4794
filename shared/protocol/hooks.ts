/** Requests about hooks: commands that run when jobs end (docs/design.md section 3). */
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { shownCommandSchema } from '../job.ts';
import { commandSchema } from '../jobFields.ts';
import { LIMITS, WATCHED_ENDS } from '../jobTerms.ts';
import { filterSchema } from './jobs.ts';

/** As for lists of jobs; all that is named has to be so. */
const hookFilterSchema = filterSchema.pick({
	queue: true,
	type: true,
	tag: true,
	group: true,
	origin: true,
	workspace: true,
});

export const newHookSchema = z.strictObject({
	on: z.enum(WATCHED_ENDS),
	filter: hookFilterSchema.default({}),
	command: commandSchema.refine(
		({ cwd }) => cwd === undefined || isAbsolute(cwd),
		'must have an absolute path as its "cwd"',
	),
});
export type NewHook = z.output<typeof newHookSchema>;

/** `n` names it for good: no other hook gets it as long as it is there. */
export type Hook = NewHook & { readonly n: number };

export const shownHookSchema = z.object({
	n: z.int(),
	on: z.enum(WATCHED_ENDS),
	filter: hookFilterSchema,
	command: shownCommandSchema,
});
export type ShownHook = z.output<typeof shownHookSchema>;

const hookNumber = z.int().min(1);

export const hookRequests = {
	'hooks/list': {
		params: z.strictObject({}),
		result: z.object({ hooks: z.array(shownHookSchema) }),
	},
	/** All of it or nothing. */
	'hooks/update': {
		params: z
			.strictObject({
				add: z.array(newHookSchema).max(LIMITS.hooks).default([]),
				remove: z.array(hookNumber).max(LIMITS.hooks).default([]),
			})
			.refine(
				({ add, remove }) => add.length + remove.length > 0,
				'must change something: give hooks to add, or numbers of some to remove',
			),
		result: z.object({ hooks: z.array(shownHookSchema), added: z.array(hookNumber) }),
	},
} as const;
