/** What may happen to a queue, as steps that a random history is made of: each is done to both sides and compared. */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { RunOutcome } from '../../../../daemon/queue/ports/runs.ts';
import type { JobSpecInput } from '../../../../shared/job.ts';
import type { Rate } from '../../../../shared/protocol/system.ts';
import type { ModelEntry } from '../../../support/model/entering.ts';
import {
	ASKED_AGAIN,
	EXIT_CODES,
	isActive,
	isOpen,
	type ModelJob,
	type ModelOutcome,
	type ModelSpec,
	type ModelUpdate,
} from '../../../support/model/job.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import { fill, type QueueName } from '../../../support/model/ready.ts';
import type { TestQueue } from '../../../support/queue.ts';
import { anySpec, describeSpec, inputOf, mostly, type Workspaces } from './specs.ts';

export interface Real {
	queue: TestQueue;
	readonly workspaces: Workspaces;
	/** Dies, comes up again on the same file, and finds what was running. */
	crash(boot: string): Promise<void>;
	/** Progress shown so far, by job: it never goes back. */
	readonly progress: Map<string, number>;
}

export interface Step {
	/** What it is, so that a failing history can be read. */
	readonly text: string;
	readonly run: (model: QueueModel, real: Real) => Promise<void>;
	readonly [fc.toStringMethod]: () => string;
}

/** So few that most histories meet what is half done. */
export const SWEEP_ROWS = 2;

const step = (text: string, run: Step['run']): Step => ({
	text,
	async run(model, real) {
		await run(model, real);
		nameHooks(model, real);
	},
	[fc.toStringMethod]: () => text,
});

/** Nobody is told the ids of what hooks begin. */
function nameHooks(model: QueueModel, real: Real): void {
	for (const job of model.kept) {
		if (job.id === '') job.id = real.queue.parts.table.idOf(job.generation) ?? 'nothing began';
	}
}

const VERBS = [
	'cancel',
	'pause',
	'pause',
	'resume',
	'resume',
	'runNow',
	'remove',
	'retry',
] as const;
type Verb = (typeof VERBS)[number];

const both = (first: Step, second: Step): Step =>
	step(`${first.text}, then ${second.text}`, async (model, real) => {
		await first.run(model, real);
		await second.run(model, real);
	});

const pick = fc.nat({ max: 1000 });
const parent = fc.oneof(
	{ weight: 2, arbitrary: fc.constant(null) },
	{ weight: 1, arbitrary: pick },
);
/** Each names a job that there is, or one of the same request. */
interface AnyCondition {
	readonly pick: number;
	readonly within: boolean;
	readonly on: 'succeeded' | 'ended' | 'ready';
}
const condition = fc.record<AnyCondition>({
	pick,
	within: mostly(false, true),
	on: fc.constantFrom('succeeded', 'succeeded', 'ended', 'ready', 'ready'),
});
const conditions = fc.oneof(
	{ weight: 2, arbitrary: fc.constant<AnyCondition[]>([]) },
	{ weight: 1, arbitrary: fc.array(condition, { minLength: 1, maxLength: 2 }) },
);
const outcome = mostly<ModelOutcome>(
	'ok',
	'fail',
	'fail',
	'busy',
	'again',
	'unchanged',
	'free',
	'signal',
	'spawn',
	'payload',
	'died',
	'died',
);

const anyQuestion = mostly('one', 'two');

/** A time is told from now on. */
const anyUpdate = fc.oneof(
	fc.constantFrom(-1, 0, 1, 60).map((priority): ModelUpdate => ({ priority })),
	fc.constantFrom<ModelUpdate>({ queue: 'default' }, { queue: 'other' }, { priority: 2, runAt: 0 }),
	fc.constantFrom(-50, 0, 30, 150).map((runAt): ModelUpdate => ({ runAt })),
);

const weighted: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
	[10, fc.tuple(anySpec, parent, conditions).map((entry) => enqueue([entry]))],
	[
		2,
		fc
			.array(fc.tuple(anySpec, parent, conditions), { minLength: 2, maxLength: 4 })
			.map((all) => enqueue(all)),
	],
	[1, fc.tuple(anySpec, parent, conditions).map((entry) => enqueue([entry], true))],
	[2, fc.tuple(pick, mostly(false, true)).map(([index, any]) => approve(index, any))],
	[12, fc.constant(step('claim', claim))],
	[8, fc.tuple(pick, outcome).map(([index, how]) => finish(index, how))],
	[6, pick.map(begin)],
	[3, fc.tuple(pick, mostly(true, false)).map(([index, any]) => reach(index, any))],
	[
		2,
		fc
			.tuple(fc.constantFrom<('f.a' | 'f.b')[]>('f.a', 'f.a', 'f.b'), fc.constantFrom(0, 1, 2, 3))
			.map(([type, n]) => workers(type, n)),
	],
	[4, pick.map(becomeReady)],
	[4, fc.tuple(pick, anyQuestion).map(([index, id]) => ask(index, id))],
	[4, pick.map(leaveSlot)],
	[3, fc.tuple(pick, anyQuestion).map(([index, id]) => answer(index, id))],
	// Others start meanwhile.
	[3, pick.map((index) => both(both(ask(index, 'one'), leaveSlot(index)), step('claim', claim)))],
	[6, fc.constant(step('sweep', sweep))],
	[3, fc.constant(step('sweep all', sweepAll))],
	[4, mostly(10, 45, 90, 200).map(advance)],
	// Long enough for the poison guard.
	[1, fc.constantFrom(30_000, 60_000).map(advance)],
	[1, mostly(100, -60, -7_200_000, 100_000, 25 * 3_600_000).map(jump)],
	[
		10,
		fc
			.tuple(fc.constantFrom(...VERBS), pick, mostly(false, true))
			.map(([verb, index, any]) => change(verb, index, any)),
	],
	[5, fc.tuple(pick, anyUpdate, mostly(false, true)).map(([i, how, any]) => update(i, how, any))],
	[6, fc.tuple(pick, mostly(true, false)).map(([index, ok]) => pauseCarriedOut(index, ok))],
	// What mostly follows each other closely.
	[5, pick.map(pauseWhole)],
	[4, pick.map(resumeAndClaim)],
	// Its place may be what another one waits for.
	[4, pick.map((index) => both(pauseWhole(index), resumeAndClaim(index)))],
	[3, pick.map((index) => both(flip('ac', true), pauseCarriedOut(index, true)))],
	[3, fc.constant(both(flip('ac', true), step('claim', claim)))],
	[3, mostly('one', 'two').map((boot) => both(crash(boot), step('claim', claim)))],
	[
		5,
		fc
			.tuple(mostly<Flip>('ac', 'idle', 'known', 'busy', 'metered'), fc.boolean())
			.map(([f, r]) => flip(f, r)),
	],
	[1, fc.constantFrom(30, 60).map(charge)],
	[2, fc.constantFrom<(number | undefined)[]>(undefined, 20, 64, 128, 300).map(room)],
	[3, fc.constant(step('review', review))],
	[
		3,
		fc
			.tuple(fc.constantFrom('commit', 'closed'), fc.constantFrom<Place[]>('', 'a'), fc.boolean())
			.map(([name, place, now]) => emit(name, place, now)),
	],
	[
		1,
		fc
			.tuple(fc.constantFrom<QueueName[]>('*', 'default', 'other'), mostly(false, true))
			.map(([name, paused]) => pauseQueue(name, paused)),
	],
	[
		1,
		fc
			.tuple(fc.constantFrom('g', 'h'), mostly<number | null>(1, 2, null))
			.map(([g, n]) => limitGroup(g, n)),
	],
	[
		2,
		fc
			.tuple(
				pick,
				mostly<'timeout' | 'ready' | 'memory' | 'interrupted'>(
					'timeout',
					'ready',
					'memory',
					'interrupted',
				),
			)
			.map(([index, cause]) => stopRun(index, cause)),
	],
	[
		1,
		fc
			.tuple(
				fc.constantFrom<('default' | 'other')[]>('default', 'other'),
				fc.constantFrom<(Rate | null)[]>(
					null,
					null,
					{ count: 1, perMs: 30 },
					{ count: 2, perMs: 100 },
					{ count: 3, perMs: 70 },
				),
			)
			.map(([name, to]) => rate(name, to)),
	],
	[1, fc.tuple(pick, fc.nat(20)).map(([index, current]) => report(index, current))],
	[1, mostly('one', 'two').map(crash)],
];

function pauseWhole(index: number): Step {
	return both(change('pause', index, false), pauseCarriedOut(index, true));
}

function resumeAndClaim(index: number): Step {
	return both(change('resume', index, false), step('claim', claim));
}

export const steps: fc.Arbitrary<Step> = fc.oneof(
	...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

type Flip = 'ac' | 'idle' | 'known' | 'busy' | 'metered';
type Place = '' | 'a' | 'b';

function nth<T>(items: readonly T[], index: number): T | undefined {
	return items[index % Math.max(1, items.length)];
}

type AnyEntry = readonly [ModelSpec, number | null, readonly AnyCondition[]];

/** Siblings where there are some, newer ones mostly: old ones have all ended. */
function targetOf(
	model: QueueModel,
	parent: ModelJob | null,
	{ pick, within, on }: AnyCondition,
	own: number,
): ModelJob | number | undefined {
	if (within) return pick % Math.max(2, own);
	const siblings = parent === null ? [] : model.children(parent);
	if (parent !== null && on === 'ready' && pick % 2 === 0) return parent;
	const isFit = (job: ModelJob) => on !== 'ready' || job.spec.ready || pick % 5 === 0;
	const all = (siblings.length > 0 ? siblings : model.all).filter(isFit);
	return nth(pick % 3 === 0 ? all : all.slice(-8), pick);
}

/** @param needsApproval An AI tool asks, and a person must approve it first. */
function enqueue(entries: readonly AnyEntry[], needsApproval = false): Step {
	const text = entries
		.map(
			([s, parent, after]) => `${describeSpec(s)} under ${parent} after ${JSON.stringify(after)}`,
		)
		.join(' and ');
	return step(`enqueue ${needsApproval ? 'unapproved ' : ''}${text}`, async (model, real) => {
		const prepared = entries.map(
			([s, parentIndex, wanted], own): ModelEntry & { input: JobSpecInput } => {
				const parent = parentIndex === null ? null : (nth(model.all, parentIndex) ?? null);
				const after = wanted.flatMap((one) => {
					const target = targetOf(model, parent, one, own);
					return target === undefined ? [] : [{ target, on: one.on }];
				});
				const named = after.map(({ target, on }) =>
					typeof target === 'number' ? { index: target, on } : { id: target.id, on },
				);
				const input = inputOf(s, model.now, parent, real.workspaces, named);
				const sent = JSON.stringify({
					...input,
					runAt: undefined,
					deadlineAt: undefined,
					priority: undefined,
				});
				return { spec: s, parent, sent, needsApproval, after, input };
			},
		);
		const { enqueue, enqueueUnapproved } = real.queue;
		const asked = needsApproval ? enqueueUnapproved : enqueue;
		const answers = await asked(...prepared.map(({ input }) => input)).catch(
			(error: unknown) => (error as { kind: string }).kind,
		);
		if (typeof answers === 'string') expect(answers).toBe(model.enqueue(prepared, []));
		else {
			const expected = model.enqueue(
				prepared,
				answers.map((answer) => answer.id),
			);
			expect(answers.map(({ generation: _, ...answer }) => answer)).toEqual(expected);
		}
	});
}

async function claim(model: QueueModel, real: Real): Promise<void> {
	const told = new Set(
		model.kept
			.filter((job) => !model.isAwaited(job))
			.filter(({ id }) => real.queue.jobs.explain(id).runnable)
			.map(({ id }) => id),
	);
	const before = model.kept.filter((job) => job.state === 'paused').length;
	const claimed = await real.queue.claim();
	expect(claimed).toEqual(model.claim());
	// Nothing starts of which something else was said; what nothing keeps from it starts, unless others take the slots.
	expect(claimed.filter((id) => !told.has(id))).toEqual([]);
	if (before === 0 && claimed.length === 0)
		expect([...told].filter((id) => isWaiting(model, id))).toEqual([]);
	for (const id of claimed) {
		const { run, generation } = real.queue.jobs.get(id).job;
		const job = model.kept.find((one) => one.id === id);
		expect(real.queue.parts.checkpoints.of(generation) ?? null).toBe(job?.checkpoint);
		await real.queue.dispatch.recordProcess(id, run, PROCESS);
	}
}

const isWaiting = (model: QueueModel, id: string) =>
	model.ready.has(model.kept.find((job) => job.id === id) as ModelJob);

const PROCESS = {
	pid: 1,
	pgid: 1,
	startTime: '1',
	boot: 'boot',
	pidNamespace: '1',
	cookie: 'cookie',
};

function finish(index: number, how: ModelOutcome): Step {
	return step(`finish ${index} ${how}`, async (model, real) => {
		const job = nth(model.kept.filter(isActive), index);
		if (job === undefined) return;
		const { id, run } = job;
		const isFunction = job.spec.worker !== null;
		// Only a worker dies beside its job.
		const met = isFunction ? metByFunction(job, how) : how === 'died' ? 'signal' : how;
		const outcome = isFunction ? functionOutcomeOf(met) : outcomeOf(met);
		await real.queue.dispatch.finish({ id, run, outcome });
		// The same once more: a run that is no longer the current one changes nothing.
		await real.queue.dispatch.finish({ id, run: run - 1, outcome: outcomeOf('ok') });
		model.finish(job, met);
	});
}

/** Only its worker asks for another time, and a stop wins; and what a function depends on nobody knows. */
function metByFunction(job: ModelJob, how: ModelOutcome): ModelOutcome {
	if (how === 'unchanged') return 'ok';
	return how === 'free' || (how === 'again' && job.stop !== null) ? 'fail' : how;
}

function functionOutcomeOf(how: ModelOutcome): RunOutcome {
	switch (how) {
		case 'ok':
			return { kind: 'function', succeeded: true };
		case 'fail':
		case 'busy':
		case 'signal':
			return { kind: 'function', succeeded: false, error: { code: 'FUNCTION', message: how } };
		case 'again': {
			const error = { code: 'FUNCTION', message: how };
			const afterMs = ASKED_AGAIN.again?.afterMs ?? 0;
			return { kind: 'function', succeeded: false, error, afterMs };
		}
		case 'died':
			return { kind: 'interrupted', workerDied: true };
		default:
			return outcomeOf(how);
	}
}

/** Its worker begins what it was handed; what it has begun it begins no more. */
function begin(index: number): Step {
	return step(`begin ${index}`, async (model, real) => {
		const functions = model.kept.filter((job) => isActive(job) && job.spec.worker !== null);
		const job = nth(functions, index);
		if (job === undefined) return;
		const { id, run } = job;
		await real.queue.dispatch.begin([
			{ id, run },
			{ id, run: run - 1 },
		]);
		model.begin(job);
	});
}

/** It writes down how far it has come, and then perhaps says it once more. */
function reach(index: number, again: boolean): Step {
	return step(`reach ${index}`, async (model, real) => {
		// What has not begun has nothing to say.
		const job = nth(
			model.kept.filter((one) => isActive(one) && !one.handed),
			index,
		);
		if (job === undefined) return;
		for (const n of again ? [1, 2] : [1]) {
			const checkpoint = JSON.stringify({ index, n, run: job.run });
			void real.queue.dispatch.reportCheckpoint(job.id, job.run, checkpoint);
			model.reach(job, checkpoint);
		}
		void real.queue.dispatch.reportCheckpoint(job.id, job.run - 1, '"of no run"');
	});
}

function workers(type: 'f.a' | 'f.b', places: number): Step {
	return step(`workers for ${places} of ${type}`, async (model) => {
		model.machine.places[type] = places;
	});
}

function outcomeOf(how: ModelOutcome): RunOutcome {
	switch (how) {
		case 'signal':
			return { kind: 'signal', signal: 'SIGKILL' };
		case 'spawn':
			return { kind: 'spawn', code: 'ENOENT', message: 'There is no such program.' };
		case 'payload':
			return { kind: 'payload', message: 'The payload is lost.' };
		case 'unchanged':
			return { kind: 'unchanged', since: 'another', result: null };
		case 'interrupted':
		case 'died':
			return { kind: 'interrupted' };
		default:
			return {
				kind: 'exit',
				exitCode: EXIT_CODES[how] ?? 0,
				signal: null,
				...(ASKED_AGAIN[how] === undefined ? {} : { again: ASKED_AGAIN[how] }),
			};
	}
}

async function sweep(model: QueueModel, real: Real): Promise<void> {
	expect(await real.queue.dispatch.sweep()).toBe(model.sweep(SWEEP_ROWS));
}

async function sweepAll(model: QueueModel, real: Real): Promise<void> {
	do await sweep(model, real);
	while (model.sweeping);
}

function advance(ms: number): Step {
	return step(`advance ${ms}`, async (model, real) => {
		real.queue.clock.advance(ms);
		await real.queue.dispatch.advance();
		model.advance(ms);
	});
}

/** The machine slept, or somebody set its clock: no timer ran, and nothing is known of it any more. */
function jump(ms: number): Step {
	return step(`jump ${ms}`, async (model, real) => {
		real.queue.clock.suspend(ms);
		if (ms > 0) model.machine.known = false;
		await real.queue.dispatch.advance();
		model.jump(ms);
	});
}

/** Jobs to which it makes sense to say so. */
const MEANT: Record<Verb, (job: ModelJob) => boolean> = {
	cancel: isOpen,
	pause: (job) => isActive(job) && !job.held,
	resume: (job) => isOpen(job) && job.held,
	runNow: (job) => isOpen(job) && job.state !== 'running',
	remove: (job) => !isOpen(job),
	retry: (job) => !isOpen(job) || (job.state === 'queued' && job.attempt > 0),
};

function change(verb: Verb, index: number, any: boolean): Step {
	return step(`${verb} ${index}${any ? ' of all' : ''}`, async (model, real) => {
		const job = nth(any ? model.kept : model.kept.filter(MEANT[verb]), index);
		if (job === undefined) return;
		const targets = { ids: [job.id] };
		if (verb !== 'retry') {
			const { count } = await real.queue.jobs[verb](targets);
			expect(count === 1).toBe(model[verb](job));
			return;
		}
		const dependents = index % 4 !== 0;
		const { count, jobs } = await real.queue.jobs.retry({ ...targets, dependents });
		const done = model.retry(job, jobs[0]?.id ?? '');
		expect(count === 1).toBe(done !== false);
		const made = done === false || done === job ? [] : [done];
		const ids = jobs.slice(1).map(({ id }) => id);
		if (dependents && made.length > 0) made.push(...model.retryWaiters(job, ids));
		expect(jobs).toEqual(made.map(({ id, retryOf }) => ({ id, retryOf })));
	});
}

function approve(index: number, any: boolean): Step {
	return step(`approve ${index}${any ? ' of all' : ''}`, async (model, real) => {
		const job = nth(any ? model.kept : model.kept.filter((one) => one.needsApproval), index);
		if (job === undefined) return;
		const done = await real.queue.jobs.approve(job.id).then(
			() => true,
			(error: unknown) => (error as { kind: string }).kind !== 'CONFLICT',
		);
		expect(done).toBe(model.approve(job));
	});
}

function update(index: number, how: ModelUpdate, any: boolean): Step {
	return step(
		`update ${index} ${JSON.stringify(how)}${any ? ' of all' : ''}`,
		async (model, real) => {
			const waits = (job: ModelJob) => isOpen(job) && job.state === 'queued';
			const job = nth(any ? model.kept : model.kept.filter(waits), index);
			if (job === undefined) return;
			const change = how.runAt === undefined ? how : { ...how, runAt: model.now + how.runAt };
			const { count } = await real.queue.jobs.update({ ids: [job.id], ...change });
			expect(count === 1).toBe(model.update(job, change));
			const { priority, queue } = real.queue.jobs.get(job.id).job;
			expect([priority, queue]).toEqual([job.priority, job.spec.queue]);
		},
	);
}

function pauseCarriedOut(index: number, paused: boolean): Step {
	return step(`pause carried out ${index} ${paused}`, async (model, real) => {
		const running = model.kept.filter((job) => isActive(job) && job.state === 'running');
		const wanted = running.filter((job) => job.held || job.yielded);
		// One that was taken back meanwhile, too: the processes may have stopped all the same.
		const job = nth(wanted.length > 0 ? wanted : running, index);
		if (job === undefined) return;
		// A function cannot stand still.
		const stands = paused && job.spec.worker === null;
		await real.queue.dispatch.pauseCarriedOut(job.id, job.run, stands);
		model.pauseCarriedOut(job, stands);
	});
}

function flip(what: Flip, noticed: boolean): Step {
	return step(`flip ${what}${noticed ? '' : ', unnoticed'}`, async (model, real) => {
		model.machine[what] = !model.machine[what];
		if (noticed) await review(model, real);
	});
}

function charge(percent: number): Step {
	return step(`charge ${percent}`, async (model) => {
		model.machine.battery = percent;
	});
}

function room(mb: number | undefined): Step {
	return step(`room ${mb}`, async (model) => {
		model.machine.roomMB = mb;
	});
}

async function review(model: QueueModel, real: Real): Promise<void> {
	await real.queue.dispatch.reviewConditions();
	model.review();
}

/** Its jobs are released by the next look at the clock, which may come after a crash. */
function emit(name: string, place: Place, now: boolean): Step {
	return step(`emit ${name} in "${place}"${now ? '' : ', released later'}`, async (model, real) => {
		const workspace = place === '' ? '' : real.workspaces[place];
		expect(await real.queue.jobs.emit(name, workspace)).toBe(model.emit(name, place));
		if (!now) return;
		await real.queue.dispatch.advance();
		model.advance(0);
	});
}

function pauseQueue(name: QueueName, paused: boolean): Step {
	return step(`${paused ? 'pause' : 'resume'} queue ${name}`, async (model, real) => {
		await real.queue.jobs.updateQueue({ name, paused });
		model.limits.paused[name] = paused;
	});
}

function limitGroup(name: string, limit: number | null): Step {
	return step(`limit group ${name} to ${limit}`, async (model, real) => {
		await real.queue.jobs.updateGroup({ name, limit });
		if (limit === null) model.limits.groups.delete(name);
		else model.limits.groups.set(name, limit);
	});
}

function rate(name: 'default' | 'other', to: Rate | null): Step {
	const text = to === null ? 'none' : `${to.count} per ${to.perMs} ms`;
	return step(`rate of queue ${name}: ${text}`, async (model, real) => {
		await real.queue.jobs.updateQueue({ name, rate: to });
		const { rates } = model.limits;
		const old = rates.get(name);
		if (to === null) rates.delete(name);
		else if (old?.count !== to.count || old.perMs !== to.perMs) {
			const tokens = old === undefined ? to.count : fill(old, model.now).level / old.perMs;
			const level = Math.floor(Math.min(to.count, tokens) * to.perMs);
			rates.set(name, { ...to, level, at: model.now });
		}
	});
}

function stopRun(index: number, cause: 'timeout' | 'ready' | 'memory' | 'interrupted'): Step {
	return step(`${cause} ${index}`, async (model, real) => {
		const job = nth(model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.stopRun(job.id, job.run, cause);
		// Of a run that is over nobody hears any more.
		await real.queue.dispatch.stopRun(job.id, job.run - 1, cause);
		model.stopRun(job, cause);
	});
}

function becomeReady(index: number): Step {
	return step(`ready ${index}`, async (model, real) => {
		const able = model.kept.filter((job) => isActive(job) && job.spec.ready);
		const job = nth(able.length > 0 ? able : model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.becameReady(job.id, job.run);
		await real.queue.dispatch.becameReady(job.id, job.run - 1);
		model.becomeReady(job);
	});
}

function ask(index: number, id: string): Step {
	return step(`ask ${index} ${id}`, async (model, real) => {
		// A function asks nobody.
		const able = model.kept.filter((one) => isActive(one) && one.spec.worker === null);
		const job = nth(able, index);
		if (job === undefined) return;
		const schema = { type: 'object', properties: { sure: { type: 'boolean' } } } as const;
		const asked = { id, question: 'Sure?', schema };
		await real.queue.dispatch.asked(job.id, job.run, asked);
		await real.queue.dispatch.asked(job.id, job.run - 1, { ...asked, id: 'of no run' });
		model.ask(job, id);
	});
}

function leaveSlot(index: number): Step {
	return step(`leave slot ${index}`, async (model, real) => {
		const asking = model.kept.filter((job) => isActive(job) && job.question !== null);
		const job = nth(asking.length > 0 ? asking : model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.leaveSlot(job.id, job.run);
		await real.queue.dispatch.leaveSlot(job.id, job.run - 1);
		model.leaveSlot(job);
	});
}

function answer(index: number, question: string): Step {
	return step(`answer ${index} ${question}`, async (model, real) => {
		const asking = model.kept.filter((job) => job.question !== null);
		const job = nth(asking.length > 0 ? asking : model.kept, index);
		if (job === undefined) return;
		const given = { question, value: { sure: true }, by: 'test' };
		const done = await real.queue.jobs.answer(job.id, given).then(
			() => true,
			(error: unknown) => (error as { kind: string }).kind !== 'CONFLICT',
		);
		expect(done).toBe(model.answer(job, question));
	});
}

function report(index: number, current: number): Step {
	return step(`report ${index} ${current}`, async (model, real) => {
		const job = nth(model.kept.filter(isActive), index);
		if (job === undefined) return;
		real.queue.dispatch.reportProgress(job.id, { current });
		const shown = real.queue.jobs.get(job.id).job.progress?.current ?? -1;
		expect(shown).toBeGreaterThanOrEqual(current);
		expect(shown).toBeGreaterThanOrEqual(real.progress.get(job.id) ?? 0);
		// A job without parts shows its own, and nothing else.
		if (model.all.every((other) => other.parent !== job)) {
			expect(shown).toBe(Math.max(current, real.progress.get(job.id) ?? 0));
		}
	});
}

function crash(boot: string): Step {
	return step(`crash in boot ${boot}`, async (model, real) => {
		await real.crash(boot);
		model.crash(boot);
	});
}
