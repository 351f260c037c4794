/** The thread that looks for lines: in logs, and in output as it comes. */
import { createReadStream } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { errorCode } from '../../../../shared/errors.ts';
import type { LogPiece } from '../../../queue/ports/logs.ts';
import { answerRequests } from '../../../threads/answering.ts';
import { scanForProblems } from '../../problems/scan.ts';
import { createPatterns } from '../../readiness/patterns.ts';
import { readSegments, segmentFile } from '../segments.ts';
import { createMatcher } from './matcher.ts';
import type { LogSearchData, LogSearchMethods } from './messages.ts';
import { type Piece, scanLines } from './scan.ts';

const { root } = workerData as LogSearchData;

async function* pieces(id: string): AsyncIterable<Piece> {
	for (const { start } of await readSegments(root, id)) {
		let offset = start;
		try {
			for await (const bytes of createReadStream(segmentFile(root, id, start))) {
				yield { offset, bytes };
				offset += bytes.length;
			}
		} catch (error) {
			// It left the tail of the log meanwhile: a gap.
			if (errorCode(error) !== 'ENOENT') throw error;
		}
	}
}

/** What came from another thread is no Buffer any more. */
async function* brought(given: readonly LogPiece[]): AsyncIterable<Piece> {
	for (const { offset, bytes } of given) {
		yield { offset, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
	}
}

const patterns = createPatterns();

function answerAtOnce(method: string, asked: unknown): unknown {
	if (method === 'check') {
		return patterns.check((asked as LogSearchMethods['check']['params']).pattern);
	}
	if (method === 'problems') {
		return scanForProblems(asked as LogSearchMethods['problems']['params'], patterns);
	}
	const { pattern, lines } = asked as LogSearchMethods['match']['params'];
	return patterns.matches(pattern, lines);
}

answerRequests({
	answer(method, asked, signal) {
		if (method !== 'search') return answerAtOnce(method, asked);
		const {
			id,
			context,
			limit,
			from,
			pieces: given,
			...what
		} = asked as LogSearchMethods['search']['params'];
		const log = given === undefined ? pieces(id) : brought(given);
		return scanLines(log, { matcher: createMatcher(what), context, limit, from, signal });
	},
	close() {},
});
