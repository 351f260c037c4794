/** `semantica://job/{id}` and `semantica://job/{id}/log`, for hosts that attach such things to a conversation. */
import { type ReadResourceResult, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { ToolContext } from './tools/context.ts';
import { getJob } from './tools/getJob.ts';
import { readLog } from './tools/readLog.ts';

const PLACE = /^semantica:\/\/job\/([0-9a-f-]{4,36})(\/log)?$/;
const LOG_BYTES = 32_000;

export async function readResource(uri: string, context: ToolContext): Promise<ReadResourceResult> {
	const [, id, log] = PLACE.exec(uri) ?? [];
	if (id === undefined) throw new ResourceNotFoundError(uri);
	const reading =
		log === undefined
			? getJob({ job_id: id }, context)
			: readLog({ job_id: id, from: 'tail', max_bytes: LOG_BYTES, context: 0 }, context);
	const { text } = await reading.catch((error: unknown) => {
		const isGone = isResponseError(error) && error.code === ERROR_CODES.NOT_FOUND;
		throw isGone ? new ResourceNotFoundError(uri) : error;
	});
	return { contents: [{ uri, mimeType: 'text/plain', text }] };
}
