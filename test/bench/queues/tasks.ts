/** The measurements themselves, the same for every queue. */
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../figures.ts';
import { type CpuMeter, startCpuMeter } from '../machine.ts';
import { inParallel } from '../parallel.ts';
import { rateOf } from '../rate.ts';
import { wrongIds } from '../sample.ts';
import type { Outcome, QueueSystem, Task } from './system.ts';

const BULK = 1000;
/** Requests for many jobs that are under way at once: one after the other unless tuned. */
const BULK_WIDTH = 4;
/** The first of so many parts of a measurement warms up. */
const WARM = 4;
/** How often a system is asked whether it has completed everything, once all handlers have begun. */
const ASK_MS = 2;

/** How often it is asked whether jobs were lost, while their handlers have not begun. */
const LOST_MS = 500;

export interface Subject {
	readonly system: QueueSystem;
	readonly tuned: boolean;
	readonly serverPid: number | undefined;
}

/** Performs tasks on one system, which keeps what earlier tasks have left in it. */
export function createPerformer({ system, tuned, serverPid }: Subject) {
	const roots = serverPid === undefined ? [] : [serverPid];
	/** Jobs that were enqueued to stay. */
	let kept = 0;
	let next = 0;

	const take = (count: number) => {
		const first = next;
		next += count;
		return first;
	};

	async function untilFinished(): Promise<void> {
		while ((await system.unfinished()) > 0) await delay(ASK_MS);
	}

	/** Resolves when handlers have begun, or when the system has nothing left for which they could. */
	async function begunOrLost(begun: Promise<void>): Promise<void> {
		const waiting = new AbortController();
		const lost = async () => {
			do await delay(LOST_MS, undefined, { signal: waiting.signal });
			while ((await system.unfinished()) > 0);
			// Word of a start may still be on its way.
			await delay(LOST_MS, undefined, { signal: waiting.signal });
		};
		const looking = lost();
		looking.catch(() => {});
		await Promise.race([begun, looking]);
		waiting.abort();
	}

	async function start(jobs: number, spacingMs: number): Promise<Outcome> {
		const times: number[] = [];
		let began: (id: string) => void = () => {};
		const workers = await system.work(1, (id) => began(id));
		let wrong: string | undefined;
		for (let n = 0; n < jobs; n++) {
			await delay(Math.random() * spacingMs);
			const asked = performance.now();
			let seen = 'none';
			const begin = new Promise<void>((resolve) => {
				began = (id) => {
					times.push(performance.now() - asked);
					seen = id;
					resolve();
				};
			});
			const id = await system.enqueue(take(1));
			await begunOrLost(begin);
			await untilFinished();
			if (id !== seen) wrong ??= `job ${id} was enqueued, ${seen} was started`;
		}
		await workers.stop();
		if (times.length !== jobs) wrong ??= `${jobs} jobs were enqueued, ${times.length} started`;
		return {
			values: spread(times.slice(Math.floor(jobs / WARM))),
			...(wrong === undefined ? {} : { wrong }),
		};
	}

	async function drain(jobs: number, atOnce: number): Promise<Outcome> {
		const ids: string[] = [];
		for (let left = jobs; left > 0; left -= BULK) {
			const count = Math.min(BULK, left);
			ids.push(...(await system.enqueueMany(take(count), count)));
		}
		// Connecting and the first batch that a worker takes are not draining.
		const warm = Math.floor(jobs / WARM);
		const timed = jobs - warm - atOnce;
		const seen: string[] = [];
		let meter: CpuMeter | undefined;
		let began = 0;
		let all: () => void = () => {};
		const allBegan = new Promise<void>((resolve) => {
			all = resolve;
		});
		const workers = await system.work(atOnce, (id) => {
			if (seen.length === warm) {
				meter = startCpuMeter(roots);
				began = performance.now();
			}
			if (seen.push(id) === jobs) all();
		});
		await begunOrLost(allBegan);
		await untilFinished();
		const seconds = (performance.now() - began) / 1000;
		const micros = meter?.usedMicros() ?? Number.NaN;
		await workers.stop();
		return {
			values: { perSecond: timed / seconds },
			cpu: micros / timed,
			...(sameIds(ids, seen) ? {} : { wrong: `${jobs} jobs were enqueued, ${told(seen)} ran` }),
		};
	}

	/** Enqueues `warm` jobs before the clock starts, and the rest after. */
	async function timeEnqueues(
		jobs: number,
		warm: number,
		enqueue: (first: number, count: number) => Promise<string[]>,
	): Promise<Outcome> {
		const ids = await enqueue(take(warm), warm);
		const timed = jobs - warm;
		const { perSecond, cpu } = await rateOf(timed, roots, async () => {
			ids.push(...(await enqueue(take(timed), timed)));
		});
		kept += jobs;
		const there = await system.unfinished();
		const wrong =
			wrongIds(ids, jobs) ??
			(there === kept ? undefined : `${kept} jobs must be waiting, ${there} are`);
		return { values: { perSecond }, cpu, ...(wrong === undefined ? {} : { wrong }) };
	}

	async function alone(jobs: number): Promise<Outcome> {
		const times: number[] = [];
		const warm = Math.floor(jobs / WARM);
		const outcome = await timeEnqueues(jobs, warm, async (first, count) => {
			const ids: string[] = [];
			for (let n = 0; n < count; n++) {
				const began = performance.now();
				ids.push(await system.enqueue(first + n));
				times.push(performance.now() - began);
			}
			return ids;
		});
		return { ...outcome, values: { ...outcome.values, ...spread(times.slice(warm)) } };
	}

	async function pipelined(jobs: number, width: number): Promise<Outcome> {
		return timeEnqueues(jobs, Math.floor(jobs / WARM), async (first, count) => {
			const ids: string[] = [];
			await inParallel(count, width, async (n) => {
				ids.push(await system.enqueue(first + n));
			});
			return ids;
		});
	}

	async function bulk(jobs: number): Promise<Outcome> {
		return timeEnqueues(jobs, 0, async (first, count) => {
			const ids: string[] = [];
			await inParallel(Math.ceil(count / BULK), tuned ? BULK_WIDTH : 1, async (n) => {
				const size = Math.min(BULK, count - n * BULK);
				ids.push(...(await system.enqueueMany(first + n * BULK, size)));
			});
			return ids;
		});
	}

	return async (task: Task): Promise<Outcome> => {
		switch (task.do) {
			case 'start':
				return start(task.jobs, task.spacingMs);
			case 'drain':
				return drain(task.jobs, task.atOnce);
			case 'alone':
				return alone(task.jobs);
			case 'pipelined':
				return pipelined(task.jobs, task.width);
			case 'bulk':
				return bulk(task.jobs);
			case 'attach':
				await system.work(1, () => {});
				return { values: {} };
		}
	};
}

function spread(times: readonly number[]) {
	return {
		p50: percentile(times, 0.5),
		p95: percentile(times, 0.95),
		p99: percentile(times, 0.99),
	};
}

/** Each once, in whatever order. */
export function sameIds(given: readonly string[], seen: readonly string[]): boolean {
	const expected = new Set(given);
	return (
		given.length === expected.size &&
		seen.length === given.length &&
		new Set(seen).size === seen.length &&
		seen.every((id) => expected.has(id))
	);
}

function told(seen: readonly string[]): string {
	return `${seen.length}, ${new Set(seen).size} of them different,`;
}
