import { describe, expect, it } from 'vitest';
import { openQueue, task } from '../../support/queue.ts';

describe('enqueue', () => {
	it('fills in defaults and numbers jobs in commit order', async () => {
		const queue = openQueue();
		const answers = await queue.enqueue(task(), task(), task());
		expect(answers.map((job) => job.generation)).toEqual([1, 2, 3]);
		const { job } = queue.jobs.get(answers[0]?.id ?? '');
		expect(job).toMatchObject({
			state: 'queued',
			queue: 'default',
			title: 'true',
			priority: 0,
			maxAttempts: 1,
			restartable: false,
			graceMs: 5000,
			supersede: 'queued',
		});
	});

	it('makes the same row whether or not a job says what few say', async () => {
		const queue = openQueue();
		const usual = task({ tag: 't', priority: 3 });
		const [a, b] = await queue.enqueue(usual, { ...usual, ttlMs: 60_000 });
		const rowOf = (id = '') =>
			queue.db
				.prepare<[string], Record<string, unknown>>('SELECT * FROM jobs WHERE id = ?')
				.get(id);
		const said = { id: a?.id, generation: a?.generation, spec: '', expires_at: null };
		expect({ ...rowOf(b?.id), ...said }).toEqual({ ...rowOf(a?.id), ...said });
		expect(rowOf(b?.id)).toMatchObject({ expires_at: expect.any(Number) });
	});

	it('gives a child the priority of its parent unless it asks for another', async () => {
		const queue = openQueue();
		const [parent] = await queue.enqueue(task({ priority: -10 }));
		const child = task({ parentId: parent?.id ?? '' });
		const made = await queue.enqueue(child, { ...child, priority: 0 });
		expect(made.map(({ id }) => queue.jobs.get(id).job.priority)).toEqual([-10, 0]);
	});

	it('commits all jobs of a request or none, and gives the numbers back', async () => {
		const queue = openQueue();
		await queue.enqueue(task());
		const missing = '00000000-0000-7000-8000-ffffffffffff';
		await expect(queue.enqueue(task(), task({ parentId: missing }))).rejects.toMatchObject({
			kind: 'VALIDATION',
			data: { path: 'jobs[1].parentId' },
		});
		expect(queue.jobs.counts().queued).toBe(1);
		const [next] = await queue.enqueue(task());
		expect(next?.generation).toBe(2);
	});

	it('answers a repeated key with the job that is there', async () => {
		const queue = openQueue();
		const [first] = await queue.enqueue(task({ key: 'k', payload: { a: 1 } }));
		const [again] = await queue.enqueue(task({ key: 'k', payload: { a: 1 } }));
		expect(again).toMatchObject({ id: first?.id, existing: true, generation: 1 });
		await queue.claim();
		await queue.exit(first?.id ?? '', 0);
		const [after] = await queue.enqueue(task({ key: 'k', payload: { a: 1 } }));
		expect(after).toMatchObject({ id: first?.id, existing: true, state: 'succeeded' });
	});

	it('takes what the clock and the shell of a client filled in for the same', async () => {
		const queue = openQueue();
		const from = (shell: string, now: number) =>
			task({
				key: 'k',
				command: { command: 'true', env: { PATH: shell, A: '1' } },
				runAt: now + 3_600_000,
				deadlineAt: now + 7_200_000,
			});
		const [first] = await queue.enqueue(from('/bin', 1000));
		const [again] = await queue.enqueue(from('/usr/bin', 2000));
		expect(again).toMatchObject({ id: first?.id, existing: true });
		const other = { ...from('/bin', 1000), command: { command: 'true', env: { A: '2' } } };
		await expect(queue.enqueue(other)).rejects.toMatchObject({ kind: 'CONFLICT' });
	});

	it('asks neither how soon a job comes nor who hears of its end', async () => {
		const queue = openQueue();
		const [first] = await queue.enqueue(task({ key: 'k' }));
		const [again] = await queue.enqueue(task({ key: 'k', priority: 7, notify: 'ended' }));
		expect(again).toMatchObject({ id: first?.id, existing: true });
		expect(queue.jobs.get(first?.id ?? '').job).toMatchObject({ priority: 0, notify: 'never' });
	});

	it('takes objects for the same whatever the order of their fields', async () => {
		const queue = openQueue();
		const env = { A: '1', B: '2' };
		const payload = { list: [{ a: 1, b: 2 }], text: 'x' };
		const [first] = await queue.enqueue(
			task({ key: 'k', command: { command: 'true', env }, payload, tag: 't' }),
		);
		const [again] = await queue.enqueue({
			tag: 't',
			payload: { text: 'x', list: [{ b: 2, a: 1 }] },
			command: { env: { B: '2', A: '1' }, command: 'true' },
			key: 'k',
			type: 'command',
		});
		expect(again).toMatchObject({ id: first?.id, existing: true });
		// In a list the order is the meaning.
		const [one, other] = [task({ key: 'l', payload: [1, 2] }), task({ key: 'l', payload: [2, 1] })];
		await queue.enqueue(one);
		await expect(queue.enqueue(other)).rejects.toMatchObject({ kind: 'CONFLICT' });
	});

	it.each([
		['queue', { queue: 'other' }],
		['payload', { payload: { a: 2 } }],
		['subject', { subject: 's' }],
	])('refuses a key that stands for another %s', async (_name, difference) => {
		const queue = openQueue();
		await queue.enqueue(task({ key: 'k', payload: { a: 1 } }));
		await expect(
			queue.enqueue(task({ key: 'k', payload: { a: 1 }, ...difference })),
		).rejects.toMatchObject({ kind: 'CONFLICT', data: { path: 'jobs[0].key' } });
	});
});

describe('supersede', () => {
	it('ends older queued work of the subject, inside one request too', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ subject: 's' }));
		const [b, c] = await queue.enqueue(task({ subject: 's' }), task({ subject: 's' }));
		expect(b).toMatchObject({ superseded: [a?.id], state: 'superseded' });
		expect(c).toMatchObject({ superseded: [b?.id], state: 'queued' });
		expect(queue.jobs.get(a?.id ?? '').job).toMatchObject({
			state: 'superseded',
			stopReason: 'supersede',
		});
		expect(await queue.claim()).toEqual([c?.id]);
	});

	it('is told in every answer of its request: of children that go along, and of jobs that were there', async () => {
		// Found by the model: both were still called queued.
		const queue = openQueue();
		const [parent] = await queue.enqueue(task({ subject: 'parent' }));
		const [kept] = await queue.enqueue(task({ subject: 's', key: 'k' }));
		const answers = await queue.enqueue(
			task({ parentId: parent?.id ?? '' }),
			task({ subject: 's', key: 'k' }),
			task({ subject: 'parent' }),
			task({ subject: 's' }),
		);
		expect(answers).toMatchObject([
			{ state: 'superseded', superseded: [], existing: false },
			{ id: kept?.id, state: 'superseded', existing: true },
			{ state: 'queued', superseded: [parent?.id] },
			{ state: 'queued', superseded: [kept?.id] },
		]);
	});

	it('leaves other types and subjects alone', async () => {
		const queue = openQueue();
		const [a] = await queue.enqueue(task({ subject: 'one' }));
		const [b] = await queue.enqueue(task({ subject: 'two' }));
		expect(b?.superseded).toEqual([]);
		expect(await queue.claim()).toEqual([a?.id, b?.id]);
	});

	it('never runs two of a subject; the last trigger runs after the running one', async () => {
		const queue = openQueue();
		const [first] = await queue.enqueue(task({ subject: 's' }));
		await queue.claim();
		const [second] = await queue.enqueue(task({ subject: 's' }));
		expect(second?.superseded).toEqual([]);
		expect(await queue.claim()).toEqual([]);
		expect(queue.jobs.explain(second?.id ?? '').reasons[0]).toMatchObject({ kind: 'subject' });
		await queue.exit(first?.id ?? '', 0);
		expect(await queue.claim()).toEqual([second?.id]);
	});

	it('stops the running one with abort, durably', async () => {
		const queue = openQueue();
		const [first] = await queue.enqueue(task({ subject: 's' }));
		await queue.claim();
		const stops: string[] = [];
		queue.parts.feed.onEffects((effects) => stops.push(...effects.orders.map((order) => order.id)));
		const [second] = await queue.enqueue(task({ subject: 's', supersede: 'abort' }));
		expect(second?.superseded).toEqual([first?.id]);
		expect(stops).toEqual([first?.id]);
		expect(queue.jobs.get(first?.id ?? '').job).toMatchObject({
			state: 'running',
			stopping: 'supersede',
		});
		// Whatever exit code comes meanwhile, the cause decides.
		await queue.exit(first?.id ?? '', 0);
		expect(queue.jobs.get(first?.id ?? '').job).toMatchObject({ state: 'superseded', exitCode: 0 });
		expect(await queue.claim()).toEqual([second?.id]);
	});

	it('keeps all with none, one after the other, best priority first', async () => {
		const queue = openQueue();
		const none = { subject: 's', supersede: 'none' } as const;
		const [a] = await queue.enqueue(task(none));
		const [b] = await queue.enqueue(task(none));
		const [c] = await queue.enqueue(task({ ...none, priority: 9 }));
		const order: (string | undefined)[] = [];
		for (let i = 0; i < 3; i++) {
			const [id, ...more] = await queue.claim();
			expect(more).toEqual([]);
			order.push(id);
			await queue.exit(id ?? '', 0);
		}
		expect(order).toEqual([c?.id, a?.id, b?.id]);
	});

	it('replaces a job in backoff, and a failing run does not come back behind a newer one', async () => {
		const queue = openQueue();
		const retried = task({ subject: 's', maxAttempts: 5 });
		const [first] = await queue.enqueue(retried);
		await queue.claim();
		const [second] = await queue.enqueue(retried);
		await queue.exit(first?.id ?? '', 1);
		expect(queue.jobs.get(first?.id ?? '').job.state).toBe('superseded');
		await queue.claim();
		await queue.exit(second?.id ?? '', 1);
		expect(queue.jobs.get(second?.id ?? '').job).toMatchObject({ state: 'queued', attempt: 1 });
		const [third] = await queue.enqueue(retried);
		expect(third?.superseded).toEqual([second?.id]);
	});

	it('debounces to the last trigger, at most maxDelayMs after the first', async () => {
		const queue = openQueue();
		const start = queue.clock.now();
		const burst = task({ subject: 's', debounceMs: 1000, maxDelayMs: 2500 });
		const runAts: number[] = [];
		for (let i = 0; i < 4; i++) {
			const [job] = await queue.enqueue(burst);
			runAts.push(queue.jobs.get(job?.id ?? '').job.runAt - start);
			queue.clock.advance(800);
		}
		expect(runAts).toEqual([1000, 1800, 2500, 2500]);
		await queue.dispatch.advance();
		expect(await queue.claim()).toHaveLength(1);
		expect(queue.jobs.counts()).toMatchObject({ superseded: 3, running: 1 });
	});

	it('begins a new burst where the job it replaces has run before', async () => {
		const queue = openQueue();
		const backoff = { baseMs: 60_000, jitter: 0 };
		const [first] = await queue.enqueue(task({ subject: 's', maxAttempts: 2, backoff }));
		await queue.claim();
		queue.clock.advance(10_000);
		await queue.exit(first?.id ?? '', 1);
		const [second] = await queue.enqueue(task({ subject: 's', debounceMs: 500 }));
		expect(second?.superseded).toEqual([first?.id]);
		expect(queue.jobs.get(second?.id ?? '').job.runAt).toBe(queue.clock.now() + 500);
	});
});
