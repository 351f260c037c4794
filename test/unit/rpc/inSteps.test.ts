/** Requests of many jobs are checked piece by piece: with the answer of the whole, and turns for others between. */
import { expect, test } from 'vitest';
import { checkInSteps } from '../../../daemon/rpc/large/inSteps.ts';
import { CheckedParams } from '../../../daemon/rpc/large/outcome.ts';
import { requests } from '../../../shared/protocol/requests.ts';

const JOBS = 1000;

function enqueue(jobs: readonly object[], more: object = {}) {
	return { jsonrpc: '2.0', id: 1, method: 'job/enqueue', params: { jobs, ...more } };
}

function waiting(n: number) {
	const after = Array.from({ length: Math.min(n, 10) }, (_, back) => ({ index: n - 1 - back }));
	return { type: 'command', command: { command: 'true' }, title: `node ${n}`, after };
}

const many = Array.from({ length: JOBS }, (_, n) => waiting(n));

test('what comes out is what the schema makes of the whole, defaults and order too', async () => {
	const request = enqueue(many, { hold: true });
	const whole = requests['job/enqueue'].params.parse(request.params);
	expect(await checkInSteps(request)).toEqual({ ...request, params: new CheckedParams(whole) });
});

test('others have turns meanwhile', async () => {
	let turns = 0;
	let checked = false;
	const others = () => {
		turns++;
		if (!checked) setImmediate(others);
	};
	setImmediate(others);
	// So many conditions take more than one step on any machine.
	const hundred = Array.from({ length: 100 }, (_, back) => ({ index: back }));
	const heavy = many.map((job) => ({ ...job, after: hundred }));
	await checkInSteps(enqueue(heavy));
	checked = true;
	expect(turns).toBeGreaterThan(1);
});

test.each([
	['a job that is not valid', enqueue(many.with(777, { ...waiting(777), title: '' }))],
	['a field that nobody knows', enqueue(many, { holds: true })],
])('%s leaves it unchecked, for whoever says where it is wrong', async (_, request) => {
	expect(await checkInSteps(request)).toBe(request);
});

test('nothing but a request of many jobs is checked so', () => {
	const { params } = enqueue(many);
	for (const request of [
		{ ...enqueue(many), method: 'job/list' },
		enqueue(many.slice(0, 20)),
		enqueue([...many, waiting(0)]),
		{ ...enqueue(many), params: null },
		{ ...enqueue(many), params: { ...params, jobs: 'all' } },
	]) {
		expect(checkInSteps(request)).toBeUndefined();
	}
});
