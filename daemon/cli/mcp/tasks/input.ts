/** What a job asks, as the input that its task requires: MCP's elicitation. */
import * as z from 'zod';
import type { Job } from '../../../../shared/job.ts';
import type { Question } from '../../../../shared/question.ts';
import { plainOutput } from '../../render/plainOutput.ts';

export type InputRequests = Readonly<
	Record<
		string,
		{
			readonly method: 'elicitation/create';
			readonly params: {
				readonly mode: 'form';
				readonly message: string;
				readonly requestedSchema: Question['schema'];
			};
		}
	>
>;

/** A key stands for one question for ever, though another run may ask under the same id. */
const keyOf = ({ askedAt, id }: Question): string => `${askedAt}-${id}`;

export function inputRequestsOf({ title, question }: Job): InputRequests {
	if (question == null) return {};
	const message = plainOutput(`${title} asks: ${question.question}`);
	const params = { mode: 'form', message, requestedSchema: question.schema } as const;
	return { [keyOf(question)]: { method: 'elicitation/create', params } };
}

export const inputResponsesSchema = z.record(
	z.string(),
	z.looseObject({
		action: z.enum(['accept', 'decline', 'cancel']),
		content: z.record(z.string(), z.unknown()).optional(),
	}),
);
export type InputResponses = z.output<typeof inputResponsesSchema>;

/** What was answered to what is open; a person who declines leaves the job waiting for another one. */
export function answerIn(
	{ question }: Job,
	responses: InputResponses,
): { readonly question: string; readonly value: Readonly<Record<string, unknown>> } | undefined {
	if (question == null) return undefined;
	const response = responses[keyOf(question)];
	if (response?.action !== 'accept') return undefined;
	return { question: question.id, value: response.content ?? {} };
}
