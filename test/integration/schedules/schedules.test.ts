import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requests } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { FakeClock, task } from '../../support/queue.ts';
import { openSchedules } from '../../support/schedules.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a due time', () => {
	it('begins one job, which knows its time, and the next one is kept', async () => {
		const schedules = openSchedules();
		const { clock } = schedules.queue;
		const { nextAt } = await schedules.put('hourly', { when: { everyMs: HOUR } });
		expect(nextAt).toBe(clock.now() + HOUR);
		clock.advance(HOUR - 1);
		await schedules.fireAll();
		expect(schedules.jobs('hourly')).toEqual([]);
		clock.advance(1);
		await schedules.fireAll();
		await schedules.fireAll();
		const [job, ...more] = schedules.jobs('hourly');
		expect(more).toEqual([]);
		expect(job).toMatchObject({ due_at: clock.now(), key: `schedule/hourly/${clock.now()}` });
		expect(schedules.get('hourly')).toMatchObject({
			nextAt: clock.now() + HOUR,
			last: { jobId: job?.id, dueAt: clock.now(), firedAt: clock.now(), state: 'queued' },
			unfinished: { queued: 1, running: 0 },
			missedTimes: null,
			lastError: null,
		});
	});

	it('is committed with its job or not at all: what the store refuses comes again', async () => {
		const schedules = openSchedules();
		const { clock, db } = schedules.queue;
		await schedules.put('hourly', { when: { everyMs: HOUR } });
		clock.advance(HOUR);
		// The disk refuses the row of the job, after that of the schedule or before.
		db.exec(
			`CREATE TRIGGER refuse BEFORE INSERT ON jobs BEGIN SELECT json_extract('no JSON', '$'); END`,
		);
		const before = schedules.get('hourly');
		await schedules.fireAll();
		expect(schedules.warnings).toHaveLength(1);
		expect(schedules.get('hourly')).toEqual(before);
		expect(schedules.nextTime()).toBe(clock.now() + 1000);
		db.exec('DROP TRIGGER refuse');
		clock.advance(1000);
		await schedules.fireAll();
		expect(schedules.jobs('hourly').map((job) => job.due_at)).toEqual([before.nextAt]);
	});

	it('whose job is refused has passed, and says why', async () => {
		const schedules = openSchedules();
		const { clock, db } = schedules.queue;
		await schedules.put('hourly', { when: { everyMs: HOUR } });
		const dueAt = clock.now() + HOUR;
		await schedules.queue.enqueue(task({ key: `schedule/hourly/${dueAt}` }));
		await schedules.toNext();
		expect(schedules.get('hourly')).toMatchObject({
			nextAt: dueAt + HOUR,
			last: null,
			lastError: { code: 'CONFLICT', at: dueAt },
		});
		// A type that went with an older version.
		db.prepare("UPDATE schedules SET spec = json_set(spec, '$.type', 'gone')").run();
		await schedules.toNext();
		expect(schedules.get('hourly').lastError?.message).toBe(
			'The specification of this schedule has become invalid since: the job type "gone" is not known any more. Put the schedule anew.',
		);
		await schedules.put('hourly', { when: { everyMs: HOUR } });
		expect(schedules.get('hourly').lastError).toBeNull();
		await schedules.toNext();
		expect(schedules.jobs('hourly')).toHaveLength(1);
	});

	it('is not looked at while the daemon drains, and missed at the next start', async () => {
		const file = join(temporaryFolder(), 'jobs.db');
		const clock = new FakeClock();
		const first = openSchedules({ file, clock });
		await first.put('hourly', { when: { everyMs: HOUR } });
		first.draining = true;
		clock.advance(3 * HOUR + MINUTE + 1);
		expect(first.nextTime()).toBeUndefined();
		await first.fireAll();
		expect(first.jobs('hourly')).toEqual([]);
		await first.queue.parts.close();
		first.queue.db.close();
		const second = openSchedules({ file, clock });
		await second.fireAll();
		expect(second.jobs('hourly')).toHaveLength(1);
		expect(second.get('hourly').missedTimes).toEqual({ count: 2, ran: 1, at: clock.now() });
	});
});

describe('overlap', () => {
	it('skip: a time passes while a job of it is unfinished, its retry by hand and one begun by hand too', async () => {
		const schedules = openSchedules();
		const { queue, requests: asked } = schedules;
		await schedules.put('often', { when: { everyMs: MINUTE } });
		await schedules.toNext();
		const [id = ''] = await queue.claim();
		await schedules.toNext();
		await schedules.toNext();
		expect(schedules.jobs('often')).toHaveLength(1);
		expect(schedules.get('often')).toMatchObject({
			overlapped: 2,
			unfinished: { queued: 0, running: 1 },
		});
		await queue.exit(id, 1);
		const { jobs } = await queue.jobs.retry({ ids: [id] });
		await schedules.toNext();
		expect(schedules.jobs('often')).toHaveLength(2);
		expect(schedules.jobs('often')[1]).toMatchObject({ id: jobs[0]?.id });
		await queue.jobs.cancel({ ids: [jobs[0]?.id ?? ''] });
		const byHand = await asked.run({ name: 'often' });
		await schedules.toNext();
		expect(schedules.jobs('often')[2]).toMatchObject({ id: byHand.id, key: null });
		await queue.jobs.cancel({ ids: [byHand.id] });
		await schedules.toNext();
		expect(schedules.jobs('often')).toHaveLength(4);
		expect(schedules.get('often').overlapped).toBe(0);
	});

	it('queue: one more waits, and begins when the one before has ended', async () => {
		const schedules = openSchedules();
		const { queue } = schedules;
		await schedules.put('often', { when: { everyMs: MINUTE }, overlap: 'queue' });
		await schedules.toNext();
		const [first = ''] = await queue.claim();
		for (let i = 0; i < 3; i++) await schedules.toNext();
		expect(schedules.jobs('often')).toHaveLength(2);
		expect(await queue.claim()).toEqual([]);
		await queue.exit(first, 0);
		expect(await queue.claim()).toEqual([schedules.jobs('often')[1]?.id]);
	});

	it('replace: what is unfinished is cancelled, and the new one begins when that is gone', async () => {
		const schedules = openSchedules();
		const { queue } = schedules;
		await schedules.put('often', { when: { everyMs: MINUTE }, overlap: 'replace' });
		await schedules.toNext();
		const [first = ''] = await queue.claim();
		await schedules.toNext();
		const second = schedules.jobs('often')[1]?.id ?? '';
		expect(queue.jobs.get(first).job.stopping).toBe('cancel');
		expect(await queue.claim()).toEqual([]);
		await schedules.toNext();
		expect(queue.jobs.get(second).job.state).toBe('cancelled');
		await queue.exit(first, 143);
		expect(queue.jobs.get(first).job.state).toBe('cancelled');
		expect(await queue.claim()).toEqual([schedules.jobs('often')[2]?.id]);
	});

	it('with all missed times, each has its turn', async () => {
		const schedules = openSchedules();
		const { queue } = schedules;
		await schedules.put('hourly', { when: { everyMs: HOUR }, missed: 'all', overlap: 'queue' });
		queue.clock.suspend(5 * HOUR);
		await schedules.fireAll();
		expect(schedules.jobs('hourly')).toHaveLength(5);
		for (const { id } of schedules.jobs('hourly')) {
			expect(await queue.claim()).toEqual([id]);
			await queue.exit(id, 0);
		}
		expect(await queue.claim()).toEqual([]);
	});
});

describe('a put', () => {
	it('with the same time keeps the next one; another time begins anew', async () => {
		const schedules = openSchedules();
		const { clock } = schedules.queue;
		const { nextAt, createdAt } = await schedules.put('x', { when: { everyMs: HOUR } });
		clock.advance(HOUR / 2);
		const again = await schedules.put('x', { when: { everyMs: HOUR }, spec: task({ tag: 'new' }) });
		expect(again).toMatchObject({ nextAt, createdAt, spec: { tag: 'new' } });
		expect((await schedules.put('x', { when: { everyMs: 2 * HOUR } })).nextAt).toBe(
			clock.now() + 2 * HOUR,
		);
	});

	it('of one time that is over is refused, but as it was', async () => {
		const schedules = openSchedules();
		const { clock } = schedules.queue;
		const when = { at: clock.now() + HOUR };
		await schedules.put('once', { when });
		await schedules.toNext();
		expect(schedules.get('once').nextAt).toBeNull();
		expect(schedules.awaits()).toBe(false);
		await expect(schedules.put('once', { when })).resolves.toMatchObject({ nextAt: null });
		await expect(schedules.put('other', { when })).rejects.toMatchObject({
			message: 'That time is over already. Name one that is to come.',
			data: { kind: 'VALIDATION', path: 'when.at' },
		});
	});

	it('stores its payload once: a firing touches no file, and removal frees it', async () => {
		const schedules = openSchedules();
		const { queue } = schedules;
		const payloadFile = join(temporaryFolder(), 'input');
		writeFileSync(payloadFile, 'x'.repeat(50_000));
		const made = await schedules.put('big', {
			when: { everyMs: HOUR },
			spec: task({ payloadFile }),
		});
		expect(made.spec.payloadBytes).toBe(50_000);
		const refs = () => queue.db.prepare('SELECT refs FROM payload_files').pluck().all();
		expect(refs()).toEqual([1]);
		writeFileSync(payloadFile, 'changed');
		await schedules.toNext();
		expect(refs()).toEqual([2]);
		const [job] = schedules.jobs('big');
		const { text } = await queue.jobs.payload({ id: job?.id ?? '', offset: 0, maxBytes: 60_000 });
		expect(text).toBe('x'.repeat(50_000));
		await schedules.put('big', { when: { everyMs: HOUR }, spec: task({ payload: 'small' }) });
		expect(refs()).toEqual([1]);
		await queue.jobs.cancel({ ids: [job?.id ?? ''] });
		await schedules.toNext();
		const small = schedules.jobs('big')[1]?.id ?? '';
		expect((await queue.jobs.payload({ id: small, offset: 0, maxBytes: 99 })).text).toBe('small');
		await queue.jobs.remove({ ids: [job?.id ?? ''] });
		expect(refs()).toEqual([0]);
	});

	it('stores nothing that belongs to the session of whoever asks', async () => {
		const schedules = openSchedules();
		const env = {
			LANG: 'C.UTF-8',
			SSH_AUTH_SOCK: '/tmp/agent',
			XDG_RUNTIME_DIR: '/run/user/1',
			TMPDIR: '/tmp/mine',
		};
		await schedules.put('x', {
			when: { everyMs: HOUR },
			spec: task({ surroundings: { umask: 0o27, env } }),
		});
		const spec = schedules.queue.db.prepare('SELECT spec FROM schedules').pluck().get() as string;
		expect(JSON.parse(spec).surroundings).toEqual({ umask: 0o27, env: { LANG: 'C.UTF-8' } });
		await schedules.toNext();
		expect(schedules.jobs('x')).toHaveLength(1);
	});

	it.each([
		[{ when: { everyMs: HOUR }, startAt: 2000, endAt: 1000 }, 'endAt'],
		[{ when: { everyMs: HOUR }, endAt: 1000 }, 'endAt'],
		[{ when: { everyMs: HOUR }, missed: 'all' as const }, 'missed'],
		[{ when: { cron: '0 0 30 2 *' } }, 'when.cron'],
		[{ when: { cron: '61 * * * *' } }, 'when.cron'],
		[{ when: { cron: '@daily' }, timezone: 'Mars/Olympus' }, 'timezone'],
		[{ when: { everyMs: HOUR }, spec: { type: 'gone' } }, 'spec.type'],
		[{ when: { everyMs: HOUR }, spec: { type: 'command' } }, 'spec.command'],
		[{ when: { everyMs: HOUR }, spec: task({ workspace: 'file:///not/there' }) }, 'spec.workspace'],
	])('%j is refused by its path', async (params, path) => {
		const schedules = openSchedules();
		await expect(schedules.put('x', params)).rejects.toMatchObject({
			data: { kind: 'VALIDATION', path },
		});
		expect(schedules.requests.find('x')).toBeUndefined();
	});

	it.each(['key', 'parentId', 'runAt', 'deadlineAt'])('%s is refused by its path', (field) => {
		const value = {
			key: 'k',
			parentId: '018f4d2e-7c3a-7b1e-9f00-0123456789ab',
			runAt: 1,
			deadlineAt: 2,
		}[field];
		const { error } = requests['schedule/put'].params.safeParse({
			name: 'x',
			when: { everyMs: HOUR },
			spec: { ...task(), [field]: value },
		});
		expect(error?.issues[0]?.path).toEqual(['spec', field]);
		expect(error?.issues[0]?.message).toMatch(/^must be left out: /);
	});
});

describe('a schedule that is paused', () => {
	it('fires nothing, keeps no daemon, and has missed nothing when it goes on', async () => {
		const schedules = openSchedules();
		const { clock } = schedules.queue;
		await schedules.put('x', { when: { everyMs: HOUR } });
		await schedules.requests.update({ name: 'x', enabled: false });
		expect(schedules.awaits()).toBe(false);
		clock.advance(10 * HOUR + MINUTE);
		await schedules.fireAll();
		const { schedule } = await schedules.requests.update({ name: 'x', enabled: true });
		expect(schedule.nextAt).toBe(clock.now() + HOUR - MINUTE);
		await schedules.fireAll();
		expect(schedules.jobs('x')).toEqual([]);
	});
});

describe('a zone that is not known any more', () => {
	it('stops the schedule, says so, and can be paused, removed and put anew', async () => {
		const schedules = openSchedules();
		const { db } = schedules.queue;
		await schedules.put('x', { when: { cron: '@hourly' } });
		db.prepare("UPDATE schedules SET timezone = 'Mars/Olympus'").run();
		await schedules.toNext();
		expect(schedules.get('x')).toMatchObject({
			nextAt: null,
			lastError: { code: 'VALIDATION', message: expect.stringContaining('is no time zone') },
		});
		await expect(schedules.requests.update({ name: 'x', enabled: false })).resolves.toMatchObject({
			schedule: { enabled: false },
		});
		await expect(schedules.requests.update({ name: 'x', enabled: true })).rejects.toMatchObject({
			data: { kind: 'VALIDATION', path: 'timezone' },
		});
		const again = await schedules.put('x', { when: { cron: '@hourly' } });
		expect(again).toMatchObject({ enabled: true, lastError: null, nextAt: expect.any(Number) });
	});
});

describe('a clock that is set back', () => {
	it('makes an interval wait no longer than it is, and no time fires twice', async () => {
		const schedules = openSchedules();
		const { clock } = schedules.queue;
		await schedules.put('x', { when: { everyMs: HOUR }, overlap: 'queue' });
		await schedules.put('later', { when: { everyMs: HOUR }, startAt: clock.now() + 50 * HOUR });
		await schedules.toNext();
		clock.suspend(-5 * HOUR);
		expect(schedules.nextTime()).toBe(clock.now());
		await schedules.fireAll();
		expect(schedules.get('x').nextAt).toBe(clock.now() + HOUR);
		expect(schedules.nextTime()).toBe(clock.now() + HOUR);
		for (let i = 0; i < 10; i++) {
			for (const id of await schedules.queue.claim()) await schedules.queue.exit(id, 0);
			await schedules.toNext();
		}
		const times = schedules.jobs('x').map((job) => job.due_at);
		expect(new Set(times).size).toBe(times.length);
		expect(times.length).toBeGreaterThanOrEqual(9);
	});
});

describe('many', () => {
	it('that are due in one second fire in bounded groups, each once', async () => {
		const schedules = openSchedules();
		const { db, clock } = schedules.queue;
		await schedules.put('s0', { when: { everyMs: HOUR } });
		db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
			INSERT INTO schedules SELECT 's' || i, spec, workspace, sparing, payload, payload_hash, payload_bytes,
			due, every_ms, timezone, anchor, missed, overlap, jitter_ms, start_at, end_at, enabled, next_at, fire_at,
			created_at, changed_at, last_due, last_at, last_job, missed_count, missed_ran, missed_at, overlapped,
			error_code, error_message, error_at FROM n, schedules WHERE name = 's0'`);
		await expect(schedules.put('one-more', { when: { everyMs: HOUR } })).rejects.toMatchObject({
			data: { kind: 'CONFLICT' },
		});
		clock.advance(HOUR);
		expect(await schedules.fireAll()).toBe(101);
		const found = db
			.prepare('SELECT count(*) AS jobs, count(DISTINCT origin) AS schedules FROM jobs')
			.get();
		expect(found).toEqual({ jobs: 10_000, schedules: 10_000 });
		const { schedules: page, next } = await schedules.requests.list({ limit: 1000 });
		expect(page).toHaveLength(1000);
		expect(next).toBe(page.at(-1)?.name);
	});
});

it('the file of a damaged payload names the schedule that would lose it', async () => {
	const schedules = openSchedules();
	const { db, room } = schedules.queue;
	await schedules.put('big', {
		when: { everyMs: HOUR },
		spec: task({ payload: 'y'.repeat(20_000) }),
	});
	const hash = db.prepare('SELECT payload_hash FROM schedules').pluck().get() as Buffer;
	const path = room.folder.pathOf(hash);
	expect(statSync(path).size).toBeGreaterThan(0);
	writeFileSync(path, 'damaged');
	const { inspectPayloads } = await import('../../../daemon/payloads/inspection.ts');
	expect((await inspectPayloads(room)).damaged).toMatchObject([{ path, jobs: ['schedule big'] }]);
});

describe('what a schedule waits for', () => {
	const begun = (schedules: ReturnType<typeof openSchedules>, name: string) => {
		const { id = '' } = schedules.jobs(name).at(-1) ?? {};
		return schedules.queue.jobs.get(id).job;
	};
	const waiting = (...after: object[]) => ({ ...task(), after }) as ReturnType<typeof task>;

	it('is the newest job of another schedule when it fires, also of the same moment', async () => {
		const schedules = openSchedules();
		const when = { everyMs: HOUR };
		// By name it would be the first to fire.
		await schedules.put('z-build', { when });
		await schedules.put('a-test', { when, spec: waiting({ schedule: 'z-build' }) });
		expect(schedules.get('a-test').spec.after).toEqual([{ schedule: 'z-build', on: 'succeeded' }]);
		await schedules.toNext();
		const build = begun(schedules, 'z-build');
		expect(begun(schedules, 'a-test').after).toEqual([
			{ id: build.id, on: 'succeeded', holds: null },
		]);
		expect(await schedules.queue.claim()).toEqual([build.id]);
		await schedules.queue.exit(build.id, 1);
		while (await schedules.queue.dispatch.sweep());
		expect(begun(schedules, 'a-test')).toMatchObject({
			state: 'cancelled',
			stopReason: 'dependency',
		});
	});

	it('or of a type and a subject, whoever enqueued it; where there is none it holds', async () => {
		const schedules = openSchedules();
		const spec = waiting({ type: 'command', subject: 'repo', on: 'ended' });
		await schedules.put('test', { when: { everyMs: HOUR }, spec });
		await schedules.toNext();
		expect(begun(schedules, 'test').after).toEqual([]);
		const [first = ''] = await schedules.queue.claim();
		await schedules.queue.exit(first, 0);
		const [old, newer] = await schedules.queue.enqueue(
			task({ subject: 'repo', supersede: 'none' }),
			task({ subject: 'repo', supersede: 'none' }),
		);
		await schedules.toNext();
		expect(begun(schedules, 'test').after).toEqual([{ id: newer?.id, on: 'ended', holds: null }]);
		expect(old?.id).not.toBe(newer?.id);
	});

	it('must be there when it is put; jobs are refused by path', async () => {
		const schedules = openSchedules();
		const when = { everyMs: HOUR };
		const unknown = schedules.put('a', { when, spec: waiting({ schedule: 'b' }) });
		await expect(unknown).rejects.toMatchObject({
			kind: 'NOT_FOUND',
			data: { path: 'spec.after[0].schedule' },
		});
		await schedules.put('a', { when, spec: waiting({ schedule: 'a', on: 'ended' }) });
		const id = '018f4d2e-7c3a-7b1e-9f00-0123456789ab';
		for (const [after, path] of [
			[{ id }, 'id'],
			[{ index: 0 }, 'index'],
		] as const) {
			const parsed = requests['schedule/put'].params.safeParse({
				name: 'c',
				spec: waiting(after),
				when,
			});
			expect(parsed.error?.issues[0]).toMatchObject({
				path: ['spec', 'after', 0, path],
				message: expect.stringContaining('newest job at its due time'),
			});
		}
	});
});
