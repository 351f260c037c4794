/** What runs do, and what becomes of them. */
import { expect } from 'vitest';
import type { RunOutcome } from '../../../../daemon/queue/ports/runs.ts';
import {
	ASKED_AGAIN,
	EXIT_CODES,
	isActive,
	type ModelJob,
	type ModelOutcome,
} from '../../../support/model/job.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import { nth, type Real, type Step, step } from './step.ts';

export async function claim(model: QueueModel, real: Real): Promise<void> {
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

export function finish(index: number, how: ModelOutcome): Step {
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
export function begin(index: number): Step {
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
export function reach(index: number, again: boolean): Step {
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

export function pauseCarriedOut(index: number, paused: boolean): Step {
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

export function stopRun(
	index: number,
	cause: 'timeout' | 'ready' | 'memory' | 'interrupted',
): Step {
	return step(`${cause} ${index}`, async (model, real) => {
		const job = nth(model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.stopRun(job.id, job.run, cause);
		// Of a run that is over nobody hears any more.
		await real.queue.dispatch.stopRun(job.id, job.run - 1, cause);
		model.stopRun(job, cause);
	});
}

export function becomeReady(index: number): Step {
	return step(`ready ${index}`, async (model, real) => {
		const able = model.kept.filter((job) => isActive(job) && job.spec.ready);
		const job = nth(able.length > 0 ? able : model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.becameReady(job.id, job.run);
		await real.queue.dispatch.becameReady(job.id, job.run - 1);
		model.becomeReady(job);
	});
}

export function ask(index: number, id: string): Step {
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

export function leaveSlot(index: number): Step {
	return step(`leave slot ${index}`, async (model, real) => {
		const asking = model.kept.filter((job) => isActive(job) && job.question !== null);
		const job = nth(asking.length > 0 ? asking : model.kept.filter(isActive), index);
		if (job === undefined) return;
		await real.queue.dispatch.leaveSlot(job.id, job.run);
		await real.queue.dispatch.leaveSlot(job.id, job.run - 1);
		model.leaveSlot(job);
	});
}

export function answer(index: number, question: string): Step {
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

export function report(index: number, current: number): Step {
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
