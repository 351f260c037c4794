/** `tasks/get`, `tasks/update`, `tasks/cancel`: a task is a job, so it outlives client, server and daemon. */
import { isResponseError } from '../../../../shared/client/connection.ts';
import { ERROR_CODES, RPC_CODES } from '../../../../shared/errors.ts';
import { verdict } from '../answers/job.ts';
import type { ToolContext } from '../tools/context.ts';
import { answerAbout } from '../tools/outcome.ts';
import { answerIn, type InputRequests, type InputResponses, inputRequestsOf } from './input.ts';
import { type Task, taskOf } from './task.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const OUTPUT_BYTES = 6000;

/** As the library wants it: with room for fields it does not know. */
export type TextResult = {
	readonly content: { type: 'text'; text: string }[];
	readonly isError?: boolean;
};

export type DetailedTask = Task & {
	readonly inputRequests?: InputRequests;
	readonly result?: TextResult & { readonly resultType: 'complete' };
};

export const textResult = (text: string, isError?: boolean): TextResult => ({
	content: [{ type: 'text', text }],
	...(isError ? { isError } : {}),
});

/** @throws what `unknown` makes of an id that no job has */
export async function getTask(
	context: ToolContext,
	id: string,
	unknown: (id: string) => Error,
): Promise<DetailedTask> {
	const { link } = context;
	if (!UUID.test(id)) throw unknown(id);
	const { job, explanation } = await known(link.request('job/get', { id }), id, unknown);
	const task = taskOf(job, verdict(job, explanation, context.now()), context.elicits);
	if (task.status === 'input_required') return { ...task, inputRequests: inputRequestsOf(job) };
	if (task.status !== 'completed') return task;
	const { text, isError } = await answerAbout(context, job, { maxBytes: OUTPUT_BYTES });
	return { ...task, result: { resultType: 'complete', ...textResult(text, isError) } };
}

/** The answer to what the job asks; one to what it asks no more means nothing. @throws what the daemon refuses */
export async function updateTask(
	{ link }: ToolContext,
	id: string,
	responses: InputResponses,
	unknown: (id: string) => Error,
): Promise<void> {
	if (!UUID.test(id)) throw unknown(id);
	const { job } = await known(link.request('job/get', { id }), id, unknown);
	const answer = answerIn(job, responses);
	if (answer === undefined) return;
	const { question, value } = answer;
	await link.request('job/answer', { id, question, value: value as Record<string, string> });
}

/** Answered as soon as the daemon has it; the task ends when all its processes are gone. */
export async function cancelTask(
	{ link }: ToolContext,
	id: string,
	unknown: (id: string) => Error,
): Promise<void> {
	if (!UUID.test(id)) throw unknown(id);
	await known(link.request('job/get', { id }), id, unknown);
	await link.request('job/cancel', { ids: [id] });
}

async function known<T>(
	asking: Promise<T>,
	id: string,
	unknown: (id: string) => Error,
): Promise<T> {
	return asking.catch((error: unknown) => {
		const isUnknown =
			isResponseError(error) &&
			(error.code === ERROR_CODES.NOT_FOUND || error.code === RPC_CODES.invalidParams);
		throw isUnknown ? unknown(id) : error;
	});
}
