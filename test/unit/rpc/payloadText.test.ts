import { describe, expect, test } from 'vitest';
import { keepPayloadTexts } from '../../../daemon/rpc/payloadText.ts';

type Job = Record<string, unknown>;

function payloadsOf(text: string): unknown[] {
	const message = JSON.parse(text) as { params: { jobs: Job[] } } & Job;
	keepPayloadTexts(message, Buffer.from(text), text);
	return message.params.jobs.map((job) => job['payload']);
}

const enqueue = (...jobs: string[]) =>
	`{"jsonrpc":"2.0","id":1,"method":"job/enqueue","params":{"jobs":[${jobs.join(', ')}]}}`;
const command = (payload: string) => `{"type":"command","payload":${payload},"tag":"payload"}`;

describe('the payload of a command', () => {
	test('is the text that was sent', () => {
		const texts = ['{"id":12345678901234567890,"z":-0,"2":1,"1":2}', '[ 1.0 ]', '-0'];
		expect(payloadsOf(enqueue(...texts.map(command)))).toEqual(texts);
	});

	test('is a string, true, false or null as before', () => {
		const texts = ['"[1.0]"', 'true', 'false', 'null'];
		expect(payloadsOf(enqueue(...texts.map(command)))).toEqual(['[1.0]', true, false, null]);
	});

	test('that is nested too deep is left to be refused', () => {
		const deep = `${'['.repeat(33)}${']'.repeat(33)}`;
		expect(payloadsOf(enqueue(command(deep)))).toEqual([JSON.parse(deep)]);
	});

	test('is looked for in an enqueue only, and only there', () => {
		const job = '{"type":"index.workspace","payload":{"maxFileBytes":1e3}}';
		expect(payloadsOf(enqueue(job, '{"type":"command"}', '7'))).toEqual([
			{ maxFileBytes: 1000 },
			undefined,
			undefined,
		]);
		const other = enqueue(command('[1.0]')).replace('job/enqueue', 'job/other');
		expect(payloadsOf(other)).toEqual([[1]]);
	});
});
