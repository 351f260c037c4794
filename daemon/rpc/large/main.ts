/** The thread that reads large messages. */
import { SemanticaError } from '../../../shared/errors.ts';
import { answerRequests } from '../../threads/answering.ts';
import { judge } from './judge.ts';
import type { LargeMessageMethods } from './messages.ts';
import { createPieces, type Pieces } from './pieces.ts';

const open = new Map<number, Pieces>();

function read({ id, body }: LargeMessageMethods['read']['params']) {
	const { answer, jobs } = judge(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
	if (jobs.length > 0) open.set(id, createPieces(jobs));
	return answer;
}

function next({ id }: LargeMessageMethods['next']['params']) {
	const pieces = open.get(id);
	// A thread that is new does not know what was read on the one before.
	if (pieces === undefined) throw new SemanticaError('SYSTEM', 'The message has to be read again.');
	const jobs = pieces.next();
	if (jobs.length === 0) open.delete(id);
	return jobs;
}

answerRequests({
	answer: (method, asked) =>
		method === 'read'
			? read(asked as LargeMessageMethods['read']['params'])
			: next(asked as LargeMessageMethods['next']['params']),
	close() {},
});
