import { expect, test } from 'vitest';
import { createPieces } from '../../../daemon/rpc/large/pieces.ts';
import { type JobSpec, jobSpecSchema } from '../../../shared/job.ts';

const job = (payload: unknown): JobSpec => jobSpecSchema.parse({ type: 'command', payload });

function sizes(jobs: readonly JobSpec[], bytes: number): number[] {
	const pieces = createPieces(jobs, bytes);
	const found: number[] = [];
	for (let piece = pieces.next(); piece.length > 0; piece = pieces.next()) found.push(piece.length);
	return found;
}

test('as many jobs cross together as fit, and one that does not fit alone', () => {
	const small = job('x'.repeat(100));
	expect(sizes([small, small, small, job('x'.repeat(5000)), small], 300)).toEqual([2, 1, 1, 1]);
});

test('bytes in shared memory take no room', () => {
	const shared = job(Buffer.from(new SharedArrayBuffer(5000)));
	expect(sizes([shared, shared, shared], 300)).toEqual([3]);
});

test('of no jobs there is no piece', () => {
	expect(createPieces([]).next()).toEqual([]);
});
