import { expect, it } from 'vitest';
import type { Session } from '../../../daemon/rpc/asking.ts';
import {
	type ScheduleSource,
	subscribeToSchedules,
} from '../../../daemon/rpc/schedulesSubscription.ts';
import type { Schedule } from '../../../shared/protocol/schedules.ts';

/** As many schedules as asked for, each with a newest job. */
function world(count: number) {
	const all = new Map<string, Schedule>();
	const put = (name: string, jobId: string, state = 'running') =>
		all.set(name, { name, last: { jobId, state } } as Schedule);
	for (let n = 0; n < count; n++) put(`s${String(n).padStart(4, '0')}`, `job-${n}`);
	const listeners = new Set<(names: readonly string[]) => void>();
	const ofJobs = new Set<(ids: readonly string[]) => void>();
	const source: ScheduleSource = {
		find: (name) => all.get(name),
		async list({ after = '', limit = 100 }) {
			const names = [...all.keys()].filter((name) => name > after).sort();
			const schedules = names.slice(0, limit).flatMap((name) => all.get(name) ?? []);
			return { schedules, next: names.length > limit ? (names[limit - 1] ?? null) : null };
		},
		onChanged(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
	const told: unknown[] = [];
	const tellers: (() => void)[] = [];
	const session = {
		backlog: 0,
		notify(_method: string, params: unknown) {
			told.push(params);
			for (const tell of tellers.splice(0)) tell();
		},
		onClose: () => () => {},
	} as unknown as Session;
	return {
		put,
		told,
		next: () => new Promise<void>((resolve) => tellers.push(resolve)),
		changed: (...names: string[]) => {
			for (const listener of listeners) listener(names);
		},
		jobsChanged: (...ids: string[]) => {
			for (const listener of ofJobs) listener(ids);
		},
		subscribe: () =>
			subscribeToSchedules(
				source,
				{
					onChanged(listener) {
						ofJobs.add(listener);
						return () => ofJobs.delete(listener);
					},
				},
				session,
			),
		listening: () => listeners.size + ofJobs.size,
	};
}

it('looks at thousands in several turns, and then knows the jobs of all', async () => {
	const { subscribe, put, jobsChanged, told, next } = world(1000);
	let turns = 0;
	let done = false;
	const count = () => {
		turns++;
		if (!done) setImmediate(count);
	};
	setImmediate(count);
	const end = await subscribe();
	done = true;
	expect(turns).toBeGreaterThan(5);
	put('s0999', 'job-999', 'succeeded');
	const heard = next();
	jobsChanged('job-999', 'a job of nobody');
	await heard;
	expect(told).toEqual([
		{ schedules: [{ name: 's0999', last: { jobId: 'job-999', state: 'succeeded' } }], removed: [] },
	]);
	end();
});

it('asks to begin anew where very many changed, and goes on with their new jobs', async () => {
	const { subscribe, put, changed, jobsChanged, told, next, listening } = world(300);
	const end = await subscribe();
	const names = Array.from({ length: 300 }, (_, n) => `s${String(n).padStart(4, '0')}`);
	for (const [n, name] of names.entries()) put(name, `newer-${n}`);
	let heard = next();
	changed(...names);
	await heard;
	expect(told).toEqual([{ resync: true }]);
	put('s0007', 'newer-7', 'failed');
	heard = next();
	jobsChanged('job-7', 'newer-7');
	await heard;
	expect(told[1]).toMatchObject({ schedules: [{ name: 's0007' }] });
	end();
	expect(listening()).toBe(0);
});

it('tells nothing of a job that only makes progress', async () => {
	const { subscribe, put, changed, jobsChanged, told, next } = world(2);
	const end = await subscribe();
	jobsChanged('job-0');
	put('s0001', 'job-1', 'succeeded');
	const heard = next();
	changed('s0001');
	await heard;
	expect(told).toMatchObject([{ schedules: [{ name: 's0001' }] }]);
	end();
});
