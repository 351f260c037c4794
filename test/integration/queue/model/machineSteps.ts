/** What happens around the jobs: time, power, workers, limits, events, a crash. */
import { expect } from 'vitest';
import type { Rate } from '../../../../shared/protocol/system.ts';
import type { QueueModel } from '../../../support/model/queueModel.ts';
import { fill, type QueueName } from '../../../support/model/ready.ts';
import { type Real, type Step, step } from './step.ts';

export type Flip = 'ac' | 'idle' | 'known' | 'busy' | 'metered';
export type Place = '' | 'a' | 'b';

export function workers(type: 'f.a' | 'f.b', places: number): Step {
	return step(`workers for ${places} of ${type}`, async (model) => {
		model.machine.places[type] = places;
	});
}

export function advance(ms: number): Step {
	return step(`advance ${ms}`, async (model, real) => {
		real.queue.clock.advance(ms);
		await real.queue.dispatch.advance();
		model.advance(ms);
	});
}

/** The machine slept, or somebody set its clock: no timer ran, and nothing is known of it any more. */
export function jump(ms: number): Step {
	return step(`jump ${ms}`, async (model, real) => {
		real.queue.clock.suspend(ms);
		if (ms > 0) model.machine.known = false;
		await real.queue.dispatch.advance();
		model.jump(ms);
	});
}

export function flip(what: Flip, noticed: boolean): Step {
	return step(`flip ${what}${noticed ? '' : ', unnoticed'}`, async (model, real) => {
		model.machine[what] = !model.machine[what];
		if (noticed) await review(model, real);
	});
}

export function charge(percent: number): Step {
	return step(`charge ${percent}`, async (model) => {
		model.machine.battery = percent;
	});
}

export function room(mb: number | undefined): Step {
	return step(`room ${mb}`, async (model) => {
		model.machine.roomMB = mb;
	});
}

export async function review(model: QueueModel, real: Real): Promise<void> {
	await real.queue.dispatch.reviewConditions();
	model.review();
}

/** Its jobs are released by the next look at the clock, which may come after a crash. */
export function emit(name: string, place: Place, now: boolean): Step {
	return step(`emit ${name} in "${place}"${now ? '' : ', released later'}`, async (model, real) => {
		const workspace = place === '' ? '' : real.workspaces[place];
		expect(await real.queue.jobs.emit(name, workspace)).toBe(model.emit(name, place));
		if (!now) return;
		await real.queue.dispatch.advance();
		model.advance(0);
	});
}

export function pauseQueue(name: QueueName, paused: boolean): Step {
	return step(`${paused ? 'pause' : 'resume'} queue ${name}`, async (model, real) => {
		await real.queue.jobs.updateQueue({ name, paused });
		model.limits.paused[name] = paused;
	});
}

export function limitGroup(name: string, limit: number | null): Step {
	return step(`limit group ${name} to ${limit}`, async (model, real) => {
		await real.queue.jobs.updateGroup({ name, limit });
		if (limit === null) model.limits.groups.delete(name);
		else model.limits.groups.set(name, limit);
	});
}

export function rate(name: 'default' | 'other', to: Rate | null): Step {
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

export function crash(boot: string): Step {
	return step(`crash in boot ${boot}`, async (model, real) => {
		await real.crash(boot);
		model.crash(boot);
	});
}
