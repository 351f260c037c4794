/** Requests about groups of jobs: so many of one group at once, across queues (docs/design.md section 7). */
import * as z from 'zod';
import { groupNameSchema } from '../job.ts';
import { LIMITS } from '../jobTerms.ts';

export const groupSchema = z.object({
	name: z.string(),
	limit: z.int(),
	/** A person set it; else the jobs say it. */
	set: z.boolean(),
	running: z.int(),
	queued: z.int(),
});
export type GroupInfo = z.output<typeof groupSchema>;

/** Of this many groups each page tells at the most. */
export const GROUPS_PER_PAGE = 500;

export const groupRequests = {
	/** Groups that have a job that is not finished, or a limit that was set; by name. */
	'group/list': {
		params: z.strictObject({
			/** Names after this one. */
			after: z.string().max(LIMITS.groupName).default(''),
			limit: z.int().min(1).max(GROUPS_PER_PAGE).default(GROUPS_PER_PAGE),
		}),
		result: z.object({ groups: z.array(groupSchema), more: z.boolean() }),
	},
	'group/update': {
		params: z.strictObject({
			name: groupNameSchema,
			/** `null`: what its jobs say again. */
			limit: z.int().min(1).max(LIMITS.groupLimit).nullable(),
		}),
		result: groupSchema,
	},
} as const;
