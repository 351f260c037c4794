import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { refusalOf } from '../../../daemon/rpc/refusal.ts';
import { invalidParams, toRpcError } from '../../../daemon/rpc/responses.ts';
import { RPC_CODES, SemanticaError } from '../../../shared/errors.ts';
import { type Method, requests } from '../../../shared/protocol/requests.ts';
import { RpcError } from '../../../shared/rpc/rpcError.ts';

function refusal(method: Method, params: unknown) {
	const schema: z.ZodType = requests[method].params;
	const parsed = schema.safeParse(params);
	if (parsed.success) throw new Error(`${method} accepted what it should refuse.`);
	const error = invalidParams(refusalOf(parsed.error));
	expect(error.code).toBe(RPC_CODES.invalidParams);
	return { path: error.data?.path, message: error.message };
}

const job = { type: 'command', command: { command: 'true' } };

describe('what a schema refused is named by path', () => {
	test.each<[string, Method, unknown, string]>([
		['a bound', 'job/enqueue', { jobs: [job, { ...job, priority: 101 }] }, 'jobs[1].priority'],
		['a type', 'job/enqueue', { jobs: [{ ...job, title: 7 }] }, 'jobs[0].title'],
		['a missing field', 'job/enqueue', { jobs: [{}] }, 'jobs[0].type'],
		['an unknown field', 'job/enqueue', { jobs: [job], why: 1 }, 'why'],
		[
			'an unknown field deep inside',
			'job/enqueue',
			{ jobs: [job, job, { ...job, command: { command: 'a', argv: [] } }] },
			'jobs[2].command.argv',
		],
		[
			'an argument',
			'job/enqueue',
			{ jobs: [{ ...job, command: { command: 'a', args: ['b', 'c\0'] } }] },
			'jobs[0].command.args[1]',
		],
		['too many jobs', 'job/enqueue', { jobs: Array(1001).fill(job) }, 'jobs'],
		['no job', 'job/enqueue', { jobs: [] }, 'jobs'],
		['an id that is none', 'job/get', { id: 'x' }, 'id'],
		['the branch of a union that was meant', 'job/cancel', { ids: ['x'] }, 'ids[0]'],
		['a filter in a union', 'job/cancel', { filter: { state: ['gone'] } }, 'filter.state[0]'],
		['an unknown filter', 'job/cancel', { filter: { colour: 'red' } }, 'filter.colour'],
		['an empty filter', 'job/cancel', { filter: {} }, 'filter'],
	])('%s', (_name, method, params, path) => {
		const { path: found, message } = refusal(method, params);
		expect(found).toBe(path);
		expect(message.startsWith(`${path}: `)).toBe(true);
	});

	test('an unknown field is said to be one', () => {
		expect(refusal('job/get', { id: crypto.randomUUID(), x: 1 }).message).toBe(
			'x: is not a known field.',
		);
	});

	test('parameters that are no object at all', () => {
		for (const params of [[], 'x', 7, null]) {
			const { path, message } = refusal('job/get', params);
			expect(path).toBe('');
			expect(message).toMatch(/^The parameters are not valid: .+\.$/);
		}
	});

	test('what is neither ids, nor filter, nor all', () => {
		expect(refusal('job/cancel', {}).path).toBe('ids');
		expect(refusal('job/cancel', { all: false }).path).toBe('all');
	});
});

describe('errors on their way out', () => {
	test('typed ones keep code, sentence, kind and path', () => {
		const error = toRpcError(
			new SemanticaError('CONFLICT', 'The key is taken.', { path: 'jobs[0].key' }),
			() => expect.unreachable(),
		);
		expect(error.toJSON()).toEqual({
			code: 4002,
			message: 'The key is taken.',
			data: { kind: 'CONFLICT', path: 'jobs[0].key' },
		});
	});

	test('unforeseen ones are reported here and only hinted at there', () => {
		const reported: string[] = [];
		const error = toRpcError(new TypeError('secret in a message'), (detail) =>
			reported.push(detail),
		);
		expect(JSON.stringify(error)).not.toContain('secret');
		expect(error.data).toEqual({ kind: 'INTERNAL' });
		expect(reported.join()).toContain('secret in a message');
	});

	test('answers that are already in wire form pass', () => {
		const given = new RpcError(-32600, 'no');
		expect(toRpcError(given, () => expect.unreachable())).toBe(given);
	});
});
