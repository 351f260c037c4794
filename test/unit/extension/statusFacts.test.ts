import { expect, it } from 'vitest';
import { statusFacts } from '../../../extension/status/facts.ts';

const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_all, index) => String(args[Number(index)]));
type Status = Parameters<typeof statusFacts>[2];
type Now = Parameters<typeof statusFacts>[3];

const queue = (name: string) => ({
	...{ name, concurrency: 4, paused: false, rate: null, limits: null, queued: 5, running: 2 },
	waiting: {},
});
const now = (over: object) =>
	({
		...{
			at: 61_000,
			counts: { queued: 7 },
			waiting: {},
			queues: [queue('default')],
			moreQueues: 0,
		},
		global: { concurrency: 8, paused: false, running: 2 },
		daemon: { startedAt: 1_000, cpuMs: 0, rssBytes: 80_000_000, clients: 2 },
		machine: { onMains: null, battery: null, idle: null },
		...over,
	}) as unknown as Now;
const lines = (over: object) =>
	statusFacts(
		t,
		{ duration: (ms) => `${ms / 1000} s` },
		{ version: '1.2.3' } as Status,
		now(over),
	).map(({ label, description }) => `${label}: ${description}`);

it('tells of power, use, queues and the daemon, and what waits for what', () => {
	expect(lines({})).toEqual([
		'Power: nothing depends on it',
		'Machine: nothing depends on it',
		'All Queues: 2 of 8 running · 7 waiting',
		'Queue default: 2 of 4 running · 5 waiting',
		'Daemon 1.2.3: 80 MB · for 60 s · 2 connected',
	]);
	const more = lines({
		machine: { onMains: false, battery: 0.43, idle: false },
		waiting: { power: 3, idle: 4 },
		global: { concurrency: 8, paused: true, running: 0 },
		queues: Array.from({ length: 12 }, (_, number) => queue(`q${number}`)),
		moreQueues: 3,
	});
	expect(more.slice(0, 3)).toEqual([
		'Power: on battery · 43 % · 3 waiting for it',
		'Machine: in use · 4 waiting for it',
		'All Queues: 0 of 8 running · 7 waiting · paused',
	]);
	expect(more).toContain('5 more queues: ');
});
