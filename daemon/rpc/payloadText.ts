/** Payloads of an enqueue as they were written: a command reads exactly that. */

import { LIMITS } from '../../shared/jobTerms.ts';
import { depthWithin } from '../../shared/jobValues.ts';
import { jsonItems, jsonMember, skipSpace } from '../../shared/jsonText.ts';

const MEMBER = Buffer.from('"payload"');

type Fields = Record<string, unknown>;

/** Puts the text of each payload into the parsed message. Costs a look at the method where nothing is enqueued. */
export function keepPayloadTexts(message: Fields, body: Buffer, text: string): void {
	if (message['method'] !== 'job/enqueue' || !body.includes(MEMBER)) return;
	const { params } = message;
	const jobs = isFields(params) ? params['jobs'] : undefined;
	if (!Array.isArray(jobs) || !jobs.some(mayChange)) return;
	const paramsAt = jsonMember(text, skipSpace(text, 0), 'params')?.start;
	const jobsAt = paramsAt === undefined ? undefined : jsonMember(text, paramsAt, 'jobs')?.start;
	if (jobsAt === undefined) return;
	let index = 0;
	for (const place of jsonItems(text, jobsAt)) {
		const job: unknown = jobs[index++];
		if (!mayChange(job)) continue;
		const payload = jsonMember(text, place.start, 'payload');
		// A string is handed to a command as it is.
		if (payload !== undefined) job['payload'] = text.slice(payload.start, payload.end);
	}
}

/** Strings, true, false and null come back as they were; what is nested too deep is for the schema to refuse. */
function mayChange(job: unknown): job is Fields {
	if (!isFields(job) || job['type'] !== 'command') return false;
	const { payload } = job;
	const structured = typeof payload === 'object' && payload !== null;
	return typeof payload === 'number' || (structured && depthWithin(payload, LIMITS.payloadDepth));
}

function isFields(value: unknown): value is Fields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
