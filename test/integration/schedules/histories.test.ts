/**
 * Random histories against the real engine and a model of the rules in plain steps: which due times begin a job, what
 * missed and overlap leave out, that jobs of one schedule never run beside each other, and what waits for the newest
 * job of another schedule.
 */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { MISSED, OVERLAP } from '../../../shared/protocol/schedules.ts';
import { task } from '../../support/queue.ts';
import { chooseSeed } from '../../support/random.ts';
import { openSchedules, type TestSchedules } from '../../support/schedules.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What later looks begin with is missed by more than this. */
const LATE_MS = MINUTE;
const MOST = 100;
const SECONDS = Number(process.env['SEMANTICA_MODEL_SECONDS'] ?? 5);

interface ModelJob {
	readonly id: string;
	state: 'queued' | 'running' | 'ended';
	/** How it ended. */
	outcome: string | undefined;
	/** What it waits for. */
	readonly after: ModelJob | undefined;
}

/** One schedule, as docs/design.md has its rules. */
class ModelSchedule {
	readonly jobs: ModelJob[] = [];
	readonly fired = new Set<number>();
	nextAt: number | null;

	constructor(
		readonly name: string,
		readonly everyMs: number,
		readonly missed: (typeof MISSED)[number],
		readonly overlap: (typeof OVERLAP)[number],
		readonly anchor: number,
		/** Its jobs wait for the newest one of that schedule. */
		readonly awaited:
			| { readonly of: ModelSchedule; readonly on: 'succeeded' | 'ended' }
			| undefined,
	) {
		this.nextAt = anchor + everyMs;
	}

	after(time: number): number {
		const steps = Math.floor((time - this.anchor) / this.everyMs) + 1;
		return this.anchor + Math.max(0, steps) * this.everyMs;
	}

	count(state: ModelJob['state']): number {
		return this.jobs.filter((job) => job.state === state).length;
	}

	/** Due times that begin a job now, and whether what is unfinished makes way. */
	look(now: number): { begun: number[]; replaces: boolean } {
		const none = { begun: [], replaces: false };
		if (this.nextAt === null) return none;
		if (this.nextAt > now) {
			this.nextAt = Math.min(this.nextAt, now + this.everyMs);
			return none;
		}
		const due: number[] = [];
		for (let time = this.nextAt; time <= now; time = this.after(time)) due.push(time);
		const last = due.at(-1) ?? now;
		this.nextAt = Math.min(this.after(last), now + this.everyMs);
		let wanted = this.missed === 'all' ? due.slice(-MOST) : [last];
		if (this.missed === 'skip' && now - last > LATE_MS) wanted = [];
		const queued = this.count('queued');
		const unfinished = queued + this.count('running');
		if (this.overlap === 'skip' && unfinished > 0) wanted = [];
		if (this.overlap === 'queue') {
			wanted = wanted.slice(0, Math.max(0, (this.missed === 'all' ? MOST : 1) - queued));
		}
		const begun = wanted.filter((time) => !this.fired.has(time));
		for (const time of begun) this.fired.add(time);
		return { begun, replaces: this.overlap === 'replace' && begun.length > 0 };
	}
}

type Step =
	| { kind: 'pass'; seconds: number }
	| { kind: 'sleep' | 'back'; seconds: number }
	| { kind: 'claim' }
	| { kind: 'exit' | 'cancel' | 'retry'; pick: number; code: number }
	| { kind: 'byHand' | 'pause' | 'resume'; pick: number }
	| { kind: 'refused' };

const pick = fc.nat(1000);
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant('pass' as const),
			seconds: fc.integer({ min: 1, max: 90 }),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constantFrom('sleep' as const, 'sleep' as const, 'back' as const),
			seconds: fc.integer({ min: 1, max: 1500 }),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('claim' as const) }) },
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constantFrom(
				'exit' as const,
				'exit' as const,
				'exit' as const,
				'cancel' as const,
				'retry' as const,
			),
			pick,
			code: fc.constantFrom(0, 1),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constantFrom('byHand' as const, 'pause' as const, 'resume' as const),
			pick,
		}),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('refused' as const) }) },
);

interface AnySchedule extends Pick<ModelSchedule, 'everyMs' | 'missed' | 'overlap'> {
	/** That of one before it. */
	readonly awaits: { readonly pick: number; readonly on: 'succeeded' | 'ended' } | null;
}

const schedule = fc
	.record<AnySchedule>({
		everyMs: fc.integer({ min: 1, max: 120 }).map((seconds) => seconds * SECOND),
		missed: fc.constantFrom(...MISSED),
		overlap: fc.constantFrom(...OVERLAP),
		awaits: fc.option(fc.record({ pick, on: fc.constantFrom('succeeded', 'ended') })),
	})
	.map((one) => (one.missed === 'all' ? { ...one, overlap: 'queue' as const } : one));

let histories = 0;
let dueTimes = 0;
afterAll(() => console.log(`schedules: ${histories} histories began ${dueTimes} jobs`));

class History {
	readonly #schedules: TestSchedules;
	readonly #models: ModelSchedule[] = [];

	constructor(schedules: TestSchedules) {
		this.#schedules = schedules;
	}

	async put(given: AnySchedule): Promise<void> {
		const name = `s${this.#models.length}`;
		const { everyMs, missed, overlap, awaits } = given;
		const of = awaits === null ? undefined : this.#models[awaits.pick % this.#models.length];
		const awaited = of === undefined || awaits === null ? undefined : { of, on: awaits.on };
		const after = awaited === undefined ? [] : [{ schedule: awaited.of.name, on: awaited.on }];
		const spec = { ...task(), after };
		await this.#schedules.put(name, { when: { everyMs }, missed, overlap, spec });
		const anchor = this.#schedules.queue.clock.now();
		this.#models.push(new ModelSchedule(name, everyMs, missed, overlap, anchor, awaited));
	}

	async play(step: Step): Promise<void> {
		await this.#do(step);
		await this.#tell();
		for (const model of this.#models) this.#check(model);
	}

	/** Those that wait hear what they wait for has come to. */
	async #tell(): Promise<void> {
		while (await this.#schedules.queue.dispatch.sweep());
		for (let any = true; any; ) {
			any = false;
			for (const model of this.#models) {
				for (const job of model.jobs) {
					if (job.state !== 'queued' || this.#holds(model, job) !== false) continue;
					Object.assign(job, { state: 'ended', outcome: 'cancelled' });
					any = true;
				}
			}
		}
	}

	#holds({ awaited }: ModelSchedule, { after }: ModelJob): boolean | undefined {
		if (after === undefined || awaited === undefined) return true;
		if (after.state !== 'ended') return undefined;
		return awaited.on === 'ended' || after.outcome === 'succeeded';
	}

	async #do(step: Step): Promise<void> {
		const { queue, requests } = this.#schedules;
		const { clock } = queue;
		switch (step.kind) {
			case 'pass': {
				const end = clock.now() + step.seconds * SECOND;
				for (;;) {
					const next = this.#schedules.nextTime();
					if (next === undefined || next > end) break;
					clock.advance(Math.max(0, next - clock.now()));
					await this.#look();
				}
				clock.advance(end - clock.now());
				return this.#look();
			}
			case 'sleep':
				clock.suspend(step.seconds * SECOND);
				return this.#look();
			case 'back':
				clock.suspend(-step.seconds * SECOND);
				return this.#look();
			case 'claim':
				for (const id of await queue.claim()) {
					const { model, job } = this.#job(id);
					expect(this.#holds(model, job)).toBe(true);
					job.state = 'running';
				}
				return;
			case 'exit':
			case 'cancel':
			case 'retry':
				return this.#change(step);
			case 'byHand': {
				const model = this.#models[step.pick % this.#models.length];
				if (model === undefined) return;
				const { id } = await requests.run({ name: model.name });
				this.#begun(model, id, new Map());
				return;
			}
			case 'pause':
			case 'resume': {
				const model = this.#models[step.pick % this.#models.length];
				if (model === undefined) return;
				const enabled = step.kind === 'resume';
				await requests.update({ name: model.name, enabled });
				if (enabled) model.nextAt ??= model.after(clock.now());
				else model.nextAt = null;
				return;
			}
			case 'refused': {
				queue.db.exec(
					`CREATE TRIGGER refuse BEFORE INSERT ON jobs BEGIN SELECT json_extract('no JSON', '$'); END`,
				);
				clock.advance(SECOND);
				const isDue = ({ nextAt }: ModelSchedule) => nextAt !== null && nextAt <= clock.now();
				const due = this.#models.filter(isDue);
				for (const model of this.#models) if (!isDue(model)) model.look(clock.now());
				const before = queue.db.prepare('SELECT count(*) FROM jobs').pluck().get();
				await this.#schedules.fireAll();
				expect(queue.db.prepare('SELECT count(*) FROM jobs').pluck().get()).toBe(before);
				queue.db.exec('DROP TRIGGER refuse');
				// What would begin no job was done with; the others come again, by the same rules.
				for (const model of due) {
					const kept = this.#schedules.get(model.name).nextAt;
					if (kept !== model.nextAt) expect(model.look(clock.now()).begun).toEqual([]);
				}
				clock.advance(SECOND);
				return this.#look();
			}
		}
	}

	async #change({ kind, pick, code }: Extract<Step, { code: number }>): Promise<void> {
		const { queue } = this.#schedules;
		const wanted = (job: ModelJob) => {
			if (kind === 'exit') return job.state === 'running';
			return kind === 'cancel' ? job.state === 'queued' : job.outcome === 'failed';
		};
		const found = this.#models.flatMap((model) =>
			model.jobs.filter(wanted).map((job) => ({ model, job })),
		);
		const chosen = found[pick % found.length];
		if (chosen === undefined) return;
		const { model, job } = chosen;
		if (kind === 'exit') {
			await queue.exit(job.id, code);
			job.state = 'ended';
			job.outcome = queue.jobs.get(job.id).job.state;
		} else if (kind === 'cancel') {
			await queue.jobs.cancel({ ids: [job.id] });
			job.state = 'ended';
			job.outcome = 'cancelled';
		} else {
			const { jobs } = await queue.jobs.retry({ ids: [job.id], dependents: false });
			// It ran, so what it waited for holds.
			const id = jobs[0]?.id ?? '';
			model.jobs.push({ id, state: 'queued', outcome: undefined, after: undefined });
		}
	}

	/** The engine looks, and what it did is what the model does. */
	async #look(): Promise<void> {
		const { clock } = this.#schedules.queue;
		const before = new Map(this.#models.map((model) => [model, model.jobs.length]));
		await this.#schedules.fireAll();
		for (const model of this.#models) {
			const { begun, replaces } = model.look(clock.now());
			const known = new Set(model.jobs.map(({ id }) => id));
			const fresh = this.#schedules.jobs(model.name).filter(({ id }) => !known.has(id));
			expect(fresh.map((job) => job.due_at)).toEqual(begun);
			dueTimes += begun.length;
			if (replaces) {
				for (const job of model.jobs) {
					if (job.state === 'queued') Object.assign(job, { state: 'ended', outcome: 'cancelled' });
				}
			}
			for (const { id } of fresh) this.#begun(model, id, before);
		}
	}

	/** It waits for the newest one that there was, or that was begun at the same look. */
	#begun(model: ModelSchedule, id: string, before: ReadonlyMap<ModelSchedule, number>): void {
		const { awaited } = model;
		const [condition] = this.#schedules.queue.jobs.get(id).job.after;
		const jobs = awaited?.of.jobs ?? [];
		const newest = (awaited === undefined ? undefined : before.get(awaited.of)) ?? jobs.length;
		const at = jobs.findIndex((job) => job.id === condition?.id);
		if (condition === undefined) expect(newest).toBe(0);
		else expect(at).toBeGreaterThanOrEqual(Math.max(0, newest - 1));
		const begun: ModelJob = { id, state: 'queued', outcome: undefined, after: jobs[at] };
		// What cannot run any more is known at once.
		if (this.#holds(model, begun) === false) {
			Object.assign(begun, { state: 'ended', outcome: 'cancelled' });
		}
		model.jobs.push(begun);
	}

	#check(model: ModelSchedule): void {
		const { nextAt, unfinished } = this.#schedules.get(model.name);
		expect(nextAt).toBe(model.nextAt);
		expect(unfinished).toEqual({ queued: model.count('queued'), running: model.count('running') });
		// Of one schedule they run one after the other.
		expect(unfinished.running).toBeLessThanOrEqual(1);
	}

	#job(id: string): { model: ModelSchedule; job: ModelJob } {
		for (const model of this.#models) {
			const job = model.jobs.find((one) => one.id === id);
			if (job !== undefined) return { model, job };
		}
		throw new Error(`Nobody knows job ${id}.`);
	}
}

it('each due time begins one job or is left out by a rule', {
	timeout: (SECONDS + 120) * 1000,
}, async () => {
	const seed = chooseSeed(process.env);
	console.log(`schedules: SEMANTICA_SEED=${seed}, ${SECONDS} s`);
	await fc.assert(
		fc.asyncProperty(
			fc.array(schedule, { minLength: 1, maxLength: 3 }),
			fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }),
			async (given, steps) => {
				histories++;
				const history = new History(openSchedules());
				for (const one of given) await history.put(one);
				for (const one of steps) await history.play(one);
			},
		),
		{
			seed,
			numRuns: 1_000_000,
			interruptAfterTimeLimit: SECONDS * 1000,
			endOnFailure: SECONDS > 60,
		},
	);
});
