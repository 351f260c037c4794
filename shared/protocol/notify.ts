/** How people are told that jobs have ended (docs/design.md section 7). */
import * as z from 'zod';
import { jobSchema } from '../job.ts';

export const notifyRequests = {
	/** A window of an editor that shows `jobs/ended`; again each time it gets or loses focus. */
	'window/report': {
		params: z.strictObject({ focused: z.boolean() }),
		result: z.object({}),
	},
} as const;

/** So many of them are named at the most. */
export const NAMED_ENDS = 10;

/** `jobs/ended`: jobs whose end is to be told to a person, to one window. */
export const jobsEndedSchema = z.object({
	/** Some of them, those that failed first. */
	jobs: z.array(jobSchema).max(NAMED_ENDS),
	count: z.int(),
	/** Of those, failed or expired. */
	failed: z.int(),
});
export type JobsEnded = z.output<typeof jobsEndedSchema>;
