/** Requests about the search by meaning (docs/design.md section 7): for people's clients, never for tools and jobs. */
import * as z from 'zod';

/** The folder, the endpoint and the model that a person agreed to, by name. */
const consentSchema = z.strictObject({
	/** The folder's path, every link resolved. */
	root: z.string().min(1).max(4096),
	/** Scheme, host and port of the endpoint. */
	origin: z.string().min(1).max(300),
	model: z.string().min(1).max(200),
});

const meantShape = {
	/** An indexed folder. */
	workspace: z.string(),
	/** Such as http://127.0.0.1:11434/v1. Plain http only to this machine. */
	endpoint: z.string().min(1).max(2000),
	model: z.string().min(1).max(200),
};

export const meaningCostSchema = z.object({
	/** Of the index. */
	files: z.int(),
	/** To be sent. */
	chunks: z.int(),
	/** Already there. */
	embedded: z.int(),
	characters: z.int(),
	/** Reckoned: four characters each. */
	tokens: z.int(),
	requests: z.int(),
	/** There was no time to read all: reckoned by a part. */
	approximate: z.boolean(),
	/** The model whose vectors would be deleted. */
	replaces: z.string().optional(),
});
export type MeaningCost = z.output<typeof meaningCostSchema>;

export const meaningStatusSchema = z.object({
	on: z.boolean(),
	/** What is posted to, while it is on; and whether with a key. */
	url: z.string().optional(),
	key: z.boolean().optional(),
	model: z.string(),
	/** Of the files that are embedded. */
	chunks: z.int(),
	/** Files of the index that are not embedded as they are. */
	waiting: z.int(),
	/** Of vectors and what is known of them. */
	bytes: z.int(),
	/** When a job last had all embedded, epoch ms. */
	finishedAt: z.int().nullable(),
});
export type MeaningStatus = z.output<typeof meaningStatusSchema>;

export const meaningRequests = {
	/** Asks nobody but the index. */
	'meaning/plan': {
		params: z.strictObject(meantShape),
		result: z.object({ consent: consentSchema, url: z.string(), cost: meaningCostSchema }),
	},
	'meaning/on': {
		params: z.strictObject({
			...meantShape,
			/** As `meaning/plan` said it: what a person was shown and agreed to. */
			consent: consentSchema,
			/** Kept in secrets.json; without one, that which is there for this folder and endpoint. */
			key: z
				.string()
				.min(1)
				.max(4096)
				.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
				.optional(),
		}),
		/** The job that embeds. */
		result: z.object({ job: z.string() }),
	},
	'meaning/off': {
		params: z.strictObject({ workspace: z.string(), deleteVectors: z.boolean().default(false) }),
		result: z.object({ wasOn: z.boolean(), deleted: z.boolean() }),
	},
} as const;
