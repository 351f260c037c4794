/** Requests about what AI tools may do (docs/security.md): for people's clients, never for tools and jobs. */
import * as z from 'zod';
import { AI_FLEET, AI_RUN } from '../aiTerms.ts';
import { jobSchema } from '../job.ts';
import { machineNameSchema } from './fleet.ts';

const folder = z.string().min(1).max(4096);

const word = z.string().max(4096);
const argv = z.array(word).min(1).max(100);
const names = z.array(z.string().min(1).max(256)).max(100);

export const allowRuleSchema = z.strictObject({
	/** The whole command line, word for word; the last may be `…`. */
	argv,
	/** Absolute: what its first word was when a person allowed it, and must still be. */
	program: word.min(1),
	/** Where that was found, and what the command gets as its PATH. */
	path: z.string().max(32_768),
	/** Variables that the command may be given. */
	env: names,
});
export type AllowRule = z.output<typeof allowRuleSchema>;

const targetShape = { on: machineNameSchema.optional(), pool: machineNameSchema.optional() };
const isOneTarget = ({ on, pool }: { on?: string | undefined; pool?: string | undefined }) =>
	(on === undefined) !== (pool === undefined);
const ONE_TARGET = 'must say one of "on", a machine, and "pool"';

const grantSchema = z
	.strictObject({ ...targetShape, may: z.enum(AI_FLEET).exclude(['off']) })
	.refine(isOneTarget, ONE_TARGET);
/** What tools may send to a machine of the shared queue, or to a pool. */
export type FleetGrant = z.output<typeof grantSchema>;

export const aiConfigSchema = z.strictObject({
	run: z.enum(AI_RUN).default('host'),
	allow: z.array(allowRuleSchema).max(1000).default([]),
	/** Absolute paths, every link resolved. Tools work in them and below. */
	folders: z.array(folder).max(1000).default([]),
	/** To a machine or pool that is not here nothing is sent for them. */
	fleet: z.array(grantSchema).max(200).default([]),
});
/** `ai` in config.json. */
export type AiConfig = z.output<typeof aiConfigSchema>;

const policyResult = aiConfigSchema;

export const aiRequests = {
	'ai/policy': { params: z.strictObject({}), result: policyResult },
	'ai/update': {
		params: z.strictObject({
			run: z.enum(AI_RUN).optional(),
			/** A command line, its program to be found in `path`. */
			allow: z
				.strictObject({ argv, path: z.string().max(32_768), env: names.default([]) })
				.optional(),
			/** Takes the rules of this very command line back. */
			disallow: z.strictObject({ argv }).optional(),
			/** Replaces what was said of this machine or pool. */
			fleet: z
				.strictObject({ ...targetShape, may: z.enum(AI_FLEET) })
				.refine(isOneTarget, ONE_TARGET)
				.optional(),
		}),
		result: policyResult,
	},
	/** An absolute path: tools may work in it from now on. */
	'ai/folder': { params: z.strictObject({ root: folder }), result: policyResult },
	/** What a tool asked for may start; it is held until a person has seen it. */
	'ai/approve': { params: z.strictObject({ id: z.uuid() }), result: z.object({ job: jobSchema }) },
	'ai/forget': { params: z.strictObject({ root: folder }), result: policyResult },
} as const;
