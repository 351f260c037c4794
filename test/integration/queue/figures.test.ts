/** What the queue tells whoever measures it. */
import { expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../../daemon/queue/ports/conditions.ts';
import { STAGE } from '../../../daemon/queue/store/codes.ts';
import { REASON_OF_STAGE } from '../../../daemon/queue/store/waiting.ts';
import type { Figures } from '../../../daemon/queue/views/figures.ts';
import { openQueue, task } from '../../support/queue.ts';

function reasons(figures: Figures): Record<string, number> {
	const found: Record<string, number> = {};
	figures.waiting((queue, reason, count) => {
		const key = `${queue} ${reason}`;
		found[key] = (found[key] ?? 0) + count;
	});
	return found;
}

it('says what each queued job waits for', async () => {
	const queue = openQueue({
		conditions: {
			...UNCONDITIONAL,
			met: () => false,
			unmet: (set) => [{ kind: set.idle ? 'idle' : 'power', message: '', since: 0 }],
		},
	});
	const later = queue.clock.now() + 60_000;
	await queue.enqueue(
		task(),
		task({ runAt: later }),
		task({ subject: 'a', supersede: 'none' }),
		task({ subject: 'a', supersede: 'none' }),
		task({ constraints: { power: 'ac' } }),
		task({ constraints: { idle: true } }),
		task({ constraints: { event: 'go' } }),
		task({ queue: 'stopped' }),
		task({ maxAttempts: 2, priority: 100 }),
		task({ group: 'one', priority: 90, queue: 'grouped' }),
		task({ group: 'one', queue: 'grouped' }),
		task({ group: 'one', queue: 'grouped' }),
	);
	const [awaited] = await queue.enqueue(task({ queue: 'rated' }), task({ queue: 'rated' }));
	await queue.enqueue(task({ after: [{ id: awaited?.id ?? '', on: 'ended' }], queue: 'after' }));
	await queue.jobs.updateQueue({ name: 'rated', rate: { count: 1, perMs: 60_000 } });
	await queue.jobs.updateQueue({ name: 'stopped', paused: true });
	await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
	const [tried] = await queue.claim();
	const [held] = queue.jobs.list({
		filter: { state: ['queued'] },
		sort: 'createdAt',
		limit: 1,
	}).jobs;
	await queue.jobs.pause({ ids: [held?.id ?? ''] });
	if (tried === undefined) throw new Error('Nothing was claimed.');
	await queue.exit(tried, 1);
	const { figures } = queue.parts;
	expect(reasons(figures)).toEqual({
		'default held': 1,
		'default delayed': 1,
		'default backoff': 1,
		'default slot': 1,
		'default subject': 1,
		'default power': 1,
		'default idle': 1,
		'default event': 1,
		'stopped paused': 1,
		'grouped group': 2,
		'rated rate': 1,
		'after dependency': 1,
	});
	const waiting = Object.values(reasons(figures)).reduce((sum, n) => sum + n, 0);
	expect(waiting).toBe(queue.jobs.counts().queued);
});

it('has a reason for every stage in which a job may wait', () => {
	const { active: _active, ended: _ended, stopping: _stopping, ...waits } = STAGE;
	const reasons = (Object.keys(waits) as (keyof typeof waits)[]).map(
		(name) => REASON_OF_STAGE[name],
	);
	expect(reasons).not.toContain('other');
	// Each stage is another reason.
	expect(new Set(reasons).size).toBe(reasons.length);
});

it('knows since when the first ready job waits and the longest run goes on', async () => {
	const queue = openQueue();
	await queue.jobs.updateQueue({ name: 'default', concurrency: 1 });
	const at = queue.clock.now();
	await queue.enqueue(task(), task());
	await queue.claim();
	queue.clock.advance(5000);
	await queue.enqueue(task({ priority: 10 }), task({ runAt: at + 60_000 }));
	const { figures } = queue.parts;
	expect(figures.oldestReady('default')).toBe(at);
	expect(figures.oldestReady('index')).toBeUndefined();
	expect([...figures.runs()]).toEqual([{ queue: 'default', at }]);
});

it('leaves out of it who waits for more than a slot', async () => {
	const queue = openQueue({
		conditions: {
			...UNCONDITIONAL,
			met: () => false,
			unmet: () => [{ kind: 'idle', message: '', since: 0 }],
		},
	});
	const at = queue.clock.now();
	const { figures } = queue.parts;
	await queue.jobs.updateQueue({ name: 'rated', rate: { count: 1, perMs: 60_000 } });
	await queue.enqueue(
		task({ queue: 'night', constraints: { idle: true } }),
		task({ queue: 'rated' }),
		task({ queue: 'rated' }),
		task({ queue: 'grouped', group: 'one' }),
		task({ queue: 'grouped', group: 'one' }),
	);
	await queue.jobs.updateQueue({ name: 'still', paused: true });
	await queue.enqueue(task({ queue: 'still' }));
	expect(figures.oldestReady('still')).toBeUndefined();
	expect(figures.oldestReady('night')).toBeUndefined();
	expect(figures.oldestReady('rated')).toBe(at);
	expect(figures.oldestReady('grouped')).toBe(at);
	await queue.claim();
	expect(figures.oldestReady('rated')).toBeUndefined();
	expect(figures.oldestReady('grouped')).toBeUndefined();
	queue.clock.advance(60_000);
	expect(figures.oldestReady('rated')).toBe(at);
});

it('counts anew after a start what it counted before', async () => {
	const queue = openQueue();
	const { id = '' } = (await queue.enqueue(task(), task({ group: 'g' })))[0] ?? {};
	await queue.claim();
	const { run } = queue.jobs.get(id).job;
	const outcome = { kind: 'exit', exitCode: 0, signal: null } as const;
	await queue.dispatch.finish({ id, run, outcome, logBytes: 1234 });
	expect(queue.parts.figures.logBytes()).toBe(1234);
	await queue.jobs.remove({ ids: [id] });
	expect(queue.parts.figures.logBytes()).toBe(0);
});

it('undoes what it counted with what was undone', async () => {
	const queue = openQueue();
	await queue.enqueue(task());
	const broken = queue.parts.writer.submit(() => {
		queue.db.exec('UPDATE jobs SET stage = 4, held = 1');
		throw new Error('not after all');
	});
	await expect(broken).rejects.toThrow('not after all');
	expect(reasons(queue.parts.figures)).toEqual({ 'default slot': 1 });
});
