/** Frames that are nearly right, and some that are not at all. */
import type { Random } from '../../support/random.ts';
import { frame, request } from './rawClient.ts';

const METHODS = [
	'job/enqueue',
	'job/get',
	'job/list',
	'job/cancel',
	'job/retry',
	'job/explain',
	'log/read',
	'log/subscribe',
	'jobs/subscribe',
	'queue/list',
	'queue/update',
	'system/status',
	'initialize',
	'shutdown',
	'exit',
	'$/cancelRequest',
	'constructor',
	'__proto__',
	'',
] as const;

const NASTY = [
	null,
	true,
	-1,
	1e308,
	'',
	'\u0000',
	'\ud800',
	'../../etc/passwd',
	'x'.repeat(10_000),
	[],
	{},
	[[]],
	{ id: null },
	{ ids: ['00000000-0000-7000-8000-000000000000'] },
	{ jobs: [] },
	{ jobs: [{ type: 'command', command: { command: 'true' }, runAt: 4e12 }] },
	{ jobs: [{ type: 'nothing', payload: { __proto__: { polluted: true } } }] },
	{ jobs: Array.from({ length: 1001 }, () => ({ type: 'command' })) },
	{ filter: { state: ['queued'] }, cursor: 'garbage' },
	{ offset: Number.MAX_SAFE_INTEGER },
	{ id: '00000000-0000-7000-8000-000000000000', offset: 0 },
	{ all: 'true' },
] as const;

/** A whole message of the protocol, or something close to one. */
function message(random: Random): string {
	const id = random.pick([1, 'a', null, 1.5, -0, {}, [], undefined, 2 ** 53, 'x'.repeat(5000)]);
	const parts: Record<string, unknown> = {
		...request(id, random.pick(METHODS), random.pick(NASTY)),
	};
	if (random.chance(0.1)) delete parts[random.pick(['jsonrpc', 'id', 'method', 'params'])];
	if (random.chance(0.1)) parts['result'] = random.pick(NASTY);
	if (random.chance(0.1)) parts['error'] = random.pick(NASTY);
	if (random.chance(0.1)) parts['method'] = random.pick(NASTY);
	return JSON.stringify(random.chance(0.05) ? [parts] : parts);
}

/** Bytes to send; what they mean to the daemon is its business, that it survives them is ours. */
export function hostileBytes(random: Random): Buffer {
	const whole = frame(message(random));
	switch (random.int(0, 7)) {
		case 0:
			return noise(random, random.int(1, 3000));
		case 1:
			return flipped(random, whole);
		case 2:
			return whole.subarray(0, random.int(1, whole.length - 1));
		case 3:
			return Buffer.concat([whole, noise(random, random.int(1, 40))]);
		case 4:
			return Buffer.from(header(random) + message(random));
		default:
			return whole;
	}
}

function header(random: Random): string {
	const length = random.pick(['0', '-1', '1e3', '99999999999', '0x10', ' 12 ', '٣', '5', '']);
	const name = random.pick(['Content-Length', 'content-length', 'Content-Type', 'X'] as const);
	const end = random.pick(['\r\n\r\n', '\n\n', '\r\n', '\r\nContent-Length: 7\r\n\r\n'] as const);
	return `${name}:${length}${end}`;
}

function noise(random: Random, bytes: number): Buffer {
	return Buffer.from(Array.from({ length: bytes }, () => random.int(0, 255)));
}

function flipped(random: Random, bytes: Buffer): Buffer {
	const copy = Buffer.from(bytes);
	for (let n = random.int(1, 8); n > 0; n--) {
		copy[random.int(0, copy.length - 1)] = random.int(0, 255);
	}
	return copy;
}
