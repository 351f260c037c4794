/** Schedules on a real queue, with time in the test's hand. */
import { commandHandler } from '../../daemon/processes/commandHandler.ts';
import { createFiring } from '../../daemon/queue/firing.ts';
import { prepareScheduled } from '../../daemon/queue/intake/prepare.ts';
import { createSchedules, type Schedules } from '../../daemon/schedules/compose.ts';
import { type ParamsInput, requests } from '../../shared/protocol/requests.ts';
import type { Schedule } from '../../shared/protocol/schedules.ts';
import { openQueue, type TestQueue, type TestQueueOptions, task } from './queue.ts';

export interface TestSchedules extends Schedules {
	readonly queue: TestQueue;
	readonly warnings: string[];
	/** While true, nothing fires. */
	draining: boolean;
	/** A command that is never really run, where no specification is given. */
	put(
		name: string,
		more: Partial<ParamsInput<'schedule/put'>> & Pick<ParamsInput<'schedule/put'>, 'when'>,
	): Promise<Schedule>;
	get(name: string): Schedule;
	/** Fires until nothing more is due; with how many looks. */
	fireAll(): Promise<number>;
	/** Moves the clock to the next due time and fires. */
	toNext(): Promise<void>;
	/** Jobs of the schedule, oldest first. */
	jobs(name: string): { id: string; due_at: number; state: number; key: string | null }[];
}

export function openSchedules(options: TestQueueOptions = {}): TestSchedules {
	return schedulesOn(openQueue(options));
}

export function schedulesOn(queue: TestQueue): TestSchedules {
	const { clock, db, room } = queue;
	const handlers = new Map([[commandHandler.type, commandHandler]]);
	const warnings: string[] = [];
	const state = { draining: false };
	const schedules = createSchedules({
		queue: createFiring(queue.parts),
		handlers,
		clock,
		prepareJob: (spec) => prepareScheduled(spec, handlers, room.store),
		storedBytes: (hash) => room.table.file(hash)?.stored ?? 0,
		keepFile: (file) => room.table.keep(file),
		tidy: () => {},
		fires: () => !state.draining,
		staysAlone: true,
		warn: (sentence) => warnings.push(sentence),
	});
	const { requests: asked } = schedules;
	async function fireAll(): Promise<number> {
		let looks = 1;
		while (await schedules.fire()) looks++;
		return looks;
	}
	return {
		...schedules,
		queue,
		warnings,
		get draining() {
			return state.draining;
		},
		set draining(on) {
			state.draining = on;
		},
		async put(name, more) {
			const params = requests['schedule/put'].params.parse({
				name,
				spec: task(),
				timezone: 'UTC',
				...more,
			});
			return (await asked.put(await asked.prepare(params))).schedule;
		},
		get(name) {
			const found = asked.find(name);
			if (found === undefined) throw new Error(`There is no schedule ${name}.`);
			return found;
		},
		fireAll,
		async toNext() {
			const next = schedules.nextTime();
			if (next === undefined) throw new Error('Nothing is due.');
			clock.advance(Math.max(0, next - clock.now()));
			await fireAll();
		},
		jobs: (name) =>
			db
				.prepare<[string], { id: string; due_at: number; state: number; key: string | null }>(
					'SELECT id, due_at, state, key FROM jobs WHERE origin = ? ORDER BY generation',
				)
				.all(`schedule/${name}`),
	};
}
