/** What a running job asks of a person (docs/design.md section 6), and whether an answer fits. */
import * as z from 'zod';
import { boundText } from './wording.ts';

z.config({ customError: boundText });

export const QUESTION_LIMITS = {
	bytes: 8 * 1024,
	fields: 10,
	choices: 100,
	/** Of an answer, as JSON. */
	answerBytes: 64 * 1024,
} as const;

const plain = z.string().refine((text) => text.isWellFormed(), 'must be well-formed text');
const label = { title: plain.max(100).optional(), description: plain.max(1000).optional() };
const length = z.int().min(0).max(QUESTION_LIMITS.answerBytes);
const bounds = { minimum: z.number().optional(), maximum: z.number().optional() };

/** A field of JSON schema as forms know it: what MCP's elicitation takes as well. */
const fieldSchema = z.discriminatedUnion('type', [
	z.strictObject({
		...label,
		type: z.literal('string'),
		enum: z.array(plain).min(1).max(QUESTION_LIMITS.choices).optional(),
		minLength: length.optional(),
		maxLength: length.optional(),
		default: plain.optional(),
	}),
	z.strictObject({
		...label,
		type: z.literal('number'),
		...bounds,
		default: z.number().optional(),
	}),
	z.strictObject({ ...label, type: z.literal('integer'), ...bounds, default: z.int().optional() }),
	z.strictObject({ ...label, type: z.literal('boolean'), default: z.boolean().optional() }),
]);
export type QuestionField = z.output<typeof fieldSchema>;

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const answerSchema = z
	.strictObject({
		type: z.literal('object'),
		properties: z.record(z.string().regex(FIELD_NAME), fieldSchema),
		required: z.array(z.string()).max(QUESTION_LIMITS.fields).optional(),
	})
	.refine(({ properties }) => {
		const fields = Object.keys(properties).length;
		return fields >= 1 && fields <= QUESTION_LIMITS.fields;
	}, `must have 1 to ${QUESTION_LIMITS.fields} fields`)
	.refine(
		({ properties, required = [] }) => required.every((name) => Object.hasOwn(properties, name)),
		'requires a field that it does not have',
	);

export const questionIdSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** What a job prints after `::semantica ask `. */
export const askedSchema = z
	.strictObject({ id: questionIdSchema, question: plain.min(1).max(2000), schema: answerSchema })
	.refine((asked) => Buffer.byteLength(JSON.stringify(asked)) <= QUESTION_LIMITS.bytes, {
		error: `must be at most ${QUESTION_LIMITS.bytes} bytes as JSON`,
	});
export type Asked = z.output<typeof askedSchema>;

export const questionSchema = z.object({
	id: z.string(),
	question: z.string(),
	schema: answerSchema,
	askedAt: z.int(),
});
export type Question = z.output<typeof questionSchema>;
