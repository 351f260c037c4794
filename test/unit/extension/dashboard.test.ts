import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../../extension/connection/state.ts';
import { jobsBehind } from '../../../extension/dashboard/behind.ts';
import { feedDashboard } from '../../../extension/dashboard/feed.ts';
import { parseMessage, type ToPage } from '../../../extension/dashboard/messages.ts';
import { drawn, momentsSince, stacked } from '../../../extension/dashboard/moments.ts';
import { lasted, powerInWords, powerOf, sinceWhen } from '../../../extension/dashboard/power.ts';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { Signal } from '../../../extension/lifetime.ts';
import type { RingRow, StatsHistory, StatsNow } from '../../../shared/protocol/stats.ts';
import { makeJob } from './makeJob.ts';

const ID = '0195a1b2-0000-7000-8000-00001a2b3c4d';

describe('what the page says', () => {
	it.each([
		{ kind: 'ready', range: 'hour' },
		{ kind: 'log', id: ID },
		{ kind: 'jobs', jobs: { states: ['failed'], queue: 'a', since: 12 } },
		{ kind: 'jobs', jobs: { states: ['queued'], reason: 'power' } },
	])('is understood: %j', (message) => {
		expect(parseMessage(message)).toEqual(message);
	});

	it.each([
		undefined,
		null,
		'ready',
		[],
		{ kind: 'ready' },
		{ kind: 'ready', range: 'year' },
		{ kind: 'ready', range: 'hour', more: 1 },
		{ kind: 'log', id: 'command:semantica.cancel' },
		{ kind: 'log', id: `${ID}/../x` },
		{ kind: 'run', command: 'rm' },
		{ kind: 'jobs', jobs: { states: [] } },
		{ kind: 'jobs', jobs: { states: ['anything'] } },
		{ kind: 'jobs', jobs: { states: ['failed'], queue: {} } },
		{ kind: 'jobs', jobs: { states: ['failed'], text: 'x'.repeat(201) } },
		{ kind: 'jobs', jobs: { states: ['failed'], reason: 'toString' } },
		{ kind: 'jobs', jobs: { states: ['failed'], workspace: 'file:///' } },
	])('is refused otherwise: %j', (message) => {
		expect(parseMessage(message)).toBeUndefined();
	});
});

const sizes = { databaseBytes: 10, walBytes: 1, payloadBytes: 2, logBytes: 3, indexBytes: 4 };
const machine = { onMains: null, battery: null, idle: null };

function row(from: number, at: number, more: Partial<RingRow> = {}): RingRow {
	const flow = { ended: {}, waitMs: null, runMs: null, queues: {} };
	return {
		...flow,
		...sizes,
		...machine,
		from,
		at,
		running: 0,
		waiting: {},
		cpuMs: 5,
		rssBytes: 7,
		...more,
	};
}

function told(at: number, cpuMs: number, startedAt = 0): StatsNow {
	return {
		at,
		counts: {
			...{ queued: 0, running: 0, paused: 0, succeeded: 0 },
			...{ failed: 0, cancelled: 0, superseded: 0, expired: 0 },
		},
		waiting: { slot: 2 },
		global: { concurrency: 8, paused: false, running: 0 },
		queues: [],
		moreQueues: 0,
		daemon: { startedAt, cpuMs, rssBytes: 9, clients: 1 },
		machine,
		storage: { ...sizes, payloadQuotaBytes: 1 },
	};
}

describe('moments', () => {
	it('are what the daemon kept, then what was told, with gaps where nobody knows', () => {
		const s = 1000;
		const ring = [row(0, 100 * s), row(100 * s, 200 * s), row(400 * s, 401 * s)];
		const now = [told(600 * s, 10 * s, 350 * s), told(700 * s, 60 * s, 350 * s)];
		const moments = momentsSince(100 * s, ring, [...now, told(900 * s, 1, 800 * s)]);
		expect(moments.map(({ at, gap, cpu }) => [at / s, gap, cpu])).toEqual([
			[100, false, 0.00005],
			[200, false, 0.00005],
			[401, true, null],
			[600, false, null],
			[700, false, 0.5],
			[900, true, null],
		]);
		expect(moments[0]?.databaseBytes).toBe(11);
	});

	it('are drawn with nothing in a gap, and piled up', () => {
		const moments = momentsSince(
			0,
			[row(0, 1000, { waiting: { slot: 1, held: 2 } }), row(4000, 5000)],
			[],
		);
		const lines = drawn(moments, [
			({ waiting }) => waiting.slot ?? 0,
			({ waiting }) => waiting.held ?? 0,
		]);
		expect(lines).toEqual({
			times: [1, 4.999, 5],
			columns: [
				[1, null, 0],
				[2, null, 0],
			],
		});
		expect(stacked(lines).columns[1]).toEqual([3, null, 0]);
	});
});

describe('power and idleness', () => {
	const mains = { onMains: true, battery: null, idle: false };
	const s = 1000;

	it('are strips: what was so, for how long, with nothing in a gap or where nobody knows', () => {
		const moments = momentsSince(
			0,
			[
				row(0, 100 * s, mains),
				row(100 * s, 400 * s, mains),
				row(400 * s, 700 * s, { onMains: false, battery: 0.8, idle: true }),
				row(2000 * s, 2300 * s, mains),
				row(2300 * s, 2600 * s),
			],
			[],
		);
		const { times, columns } = powerOf(moments);
		expect(times).toEqual([100, 400, 700, 2299.999, 2300, 2600]);
		expect(columns).toEqual([
			[1, 1, null, null, 1, null],
			[null, null, 1, null, null, null],
			[null, null, 0.8, null, null, null],
			[1, 1, null, null, 1, null],
			[null, null, 1, null, null, null],
		]);
		expect(columns.map((column) => Math.floor(lasted(times, column) / s))).toEqual([
			300, 300, 300, 300, 300,
		]);
	});

	it('reach back over a long silence only where they were so before it', () => {
		const times = [0, 9000, 18_000];
		expect(sinceWhen(times, [1, 1, 1], 1)).toBe(0);
		expect(sinceWhen(times, [null, 1, 1], 1)).toBe(8400);
		expect(lasted(times, [null, 1, 1])).toBe(9600 * s);
	});

	it.each([
		[
			[1, null, null, 1, null],
			['on mains', '–', 'in use'],
		],
		[
			[null, 1, 0.43, null, 1],
			['on battery', '43', 'idle'],
		],
		[
			[null, null, null, null, null],
			['–', '–', '–'],
		],
	])('are said in words: %j', (values, words) => {
		expect(powerInWords(values, (share) => String(share * 100))).toEqual(words);
	});
});

const history = {
	to: 1,
	buckets: [],
	queues: [],
	keptSince: 0,
	kinds: [],
	ring: [],
} satisfies StatsHistory;

function harness({ unknown = false } = {}) {
	const posted: ToPage[] = [];
	const asked: string[] = [];
	const changes = new Signal<LinkState>();
	const world = { visible: true, state: { kind: 'connected' } as LinkState, now: 10_000_000 };
	const store = new JobStore();
	const feed = feedDashboard({
		link: {
			get state() {
				return world.state;
			},
			onDidChange: changes.on,
			request: (async (method: string) => {
				asked.push(method);
				if (unknown) throw Object.assign(new Error('no such method'), { code: -32601 });
				return method === 'stats/now' ? told(world.now, 1) : history;
			}) as never,
		},
		store,
		text: { description: () => '' },
		post: (message) => posted.push(message),
		visible: () => world.visible,
		now: () => world.now,
		log: () => {},
		stateText: ({ kind }) => kind,
		olderText: 'older',
	});
	return { posted, asked, changes, world, store, feed };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what the page is told', () => {
	it('begins with how the connection is, then numbers and history', async () => {
		const { feed, posted } = harness();
		feed.begin('hour');
		await settled();
		expect(posted.map(({ kind }) => kind)).toEqual(['link', 'past', 'now', 'history']);
		feed.dispose();
	});

	it('is nothing while nobody sees it, and all again when somebody does', async () => {
		const { feed, asked, world } = harness();
		world.visible = false;
		feed.begin('hour');
		feed.look();
		await settled();
		expect(asked).toEqual([]);
		world.visible = true;
		feed.look();
		await settled();
		expect(asked).toEqual(['stats/now', 'stats/history']);
		feed.dispose();
	});

	it('is that the daemon is older where it does not know the question', async () => {
		const { feed, posted } = harness({ unknown: true });
		feed.begin('day');
		await settled();
		expect(posted.at(-1)).toEqual({ kind: 'link', up: false, sentence: 'older' });
		feed.dispose();
	});

	it('is a sentence while there is no daemon, and numbers again with the next one', async () => {
		const { feed, posted, changes, world, asked } = harness();
		world.state = { kind: 'reconnecting', failures: 1 };
		feed.begin('hour');
		await settled();
		expect(asked).toEqual([]);
		expect(posted[0]).toEqual({ kind: 'link', up: false, sentence: 'reconnecting' });
		world.state = { kind: 'connected' } as LinkState;
		changes.emit(world.state);
		await expect.poll(() => asked).toEqual(['stats/now', 'stats/history']);
		feed.dispose();
	});
});

describe('of a clock that was set back', () => {
	it('the page is told the history again, and nothing of a time to come', async () => {
		const { feed, posted, asked, world } = harness();
		feed.begin('hour');
		await settled();
		world.now -= 3_600_000;
		asked.length = 0;
		feed.look();
		await settled();
		expect(asked).toEqual(['stats/now', 'stats/history']);
		feed.begin('hour');
		await settled();
		const past = posted.findLast((message) => message.kind === 'past');
		expect(past?.stats.map(({ at }) => at)).toEqual([world.now]);
		feed.dispose();
	});

	it('the jobs behind a figure are those that wait for no time', async () => {
		const now = Date.now();
		const [due, late] = [
			makeJob({ createdAt: now + 60_000, runAt: now + 60_000 }),
			makeJob({ createdAt: now - 60_000, runAt: now + 60_000 }),
		];
		const link = {
			request: (async (method: string) =>
				method === 'job/list'
					? { jobs: [due, late] }
					: { global: { paused: false }, queues: [] }) as never,
		};
		const behind = async (reason: 'slot' | 'delayed') =>
			(await jobsBehind(link, { states: ['queued'], reason })).map(({ id }) => id);
		expect(await behind('slot')).toEqual([due.id]);
		expect(await behind('delayed')).toEqual([late.id]);
	});
});

describe('the jobs behind a figure', () => {
	it('are those that the filter means, of the time that is meant', async () => {
		const jobs = [
			makeJob({ id: 'new', state: 'failed', finishedAt: 200 }),
			makeJob({ id: 'old', state: 'failed', finishedAt: 50 }),
		];
		const asked: unknown[] = [];
		const link = {
			request: (async (_method: string, params: unknown) => {
				asked.push(params);
				return { jobs };
			}) as never,
		};
		const found = await jobsBehind(link, {
			states: ['failed'],
			queue: 'a',
			type: 'command',
			since: 100,
		});
		expect(found.map(({ id }) => id)).toEqual(['new']);
		expect(asked).toEqual([
			{
				filter: { state: ['failed'], queue: ['a'], type: ['command'] },
				sort: '-finishedAt',
				limit: 200,
			},
		]);
	});
});
