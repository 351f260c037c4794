/** A real queue on a real database, with time, chance and ids in the test's hand. */
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { createPayloadRoom, type PayloadRoom } from '../../daemon/payloads/store.ts';
import { commandHandler } from '../../daemon/processes/commandHandler.ts';
import { createQueueParts } from '../../daemon/queue/assemble.ts';
import { createDispatch, type Dispatch } from '../../daemon/queue/dispatch.ts';
import { prepareJobs } from '../../daemon/queue/intake/prepare.ts';
import type { QueueOptions, QueueParts } from '../../daemon/queue/parts.ts';
import type { Clock } from '../../daemon/queue/ports/clock.ts';
import {
	type Conditions,
	sparesBattery,
	UNCONDITIONAL,
} from '../../daemon/queue/ports/conditions.ts';
import type { JobHandler, JobHandlers } from '../../daemon/queue/ports/handlers.ts';
import { NO_WORKERS, type Workers } from '../../daemon/queue/ports/workers.ts';
import { createJobRequests, type JobRequests } from '../../daemon/queue/requests.ts';
import { openDatabase } from '../../daemon/queue/store/database.ts';
import type { Sqlite } from '../../daemon/sqlite/open.ts';
import { isFunctionType } from '../../shared/functionTypes.ts';
import { type JobSpecInput, jobSpecSchema } from '../../shared/job.ts';
import type { Hook } from '../../shared/protocol/hooks.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import { temporaryFolder } from './daemon.ts';

export const MIGRATIONS = resolve(import.meta.dirname, '../../migrations');

/** Time stands still until it is told to move; timers fire on the way. */
export class FakeClock implements Clock {
	#now = 1_700_000_000_000;
	#monotonic = 1000;
	#timers = new Set<{ at: number; callback: () => void }>();

	now(): number {
		return this.#now;
	}

	monotonic(): number {
		return this.#monotonic;
	}

	after(ms: number, callback: () => void) {
		const timer = { at: this.#monotonic + ms, callback };
		this.#timers.add(timer);
		return { cancel: () => this.#timers.delete(timer) };
	}

	advance(ms: number): void {
		const end = this.#monotonic + ms;
		for (;;) {
			const next = [...this.#timers]
				.filter((timer) => timer.at <= end)
				.sort((a, b) => a.at - b.at)[0];
			if (next === undefined) break;
			this.#timers.delete(next);
			this.#move(Math.max(0, next.at - this.#monotonic));
			next.callback();
		}
		this.#move(end - this.#monotonic);
	}

	/** The machine sleeps: the wall clock goes on, everything else stands still. */
	suspend(ms: number): void {
		this.#now += ms;
	}

	/** The machine sleeps: wall time passes, and timers that fall due meanwhile fire late, at its end. */
	sleep(ms: number): void {
		this.#now += ms;
		this.advance(0);
	}

	/** Timers that are armed, as milliseconds from now. */
	get pending(): number[] {
		return [...this.#timers].map((timer) => timer.at - this.#monotonic).sort((a, b) => a - b);
	}

	#move(ms: number): void {
		this.#now += ms;
		this.#monotonic += ms;
	}
}

export interface TestQueue {
	readonly db: Sqlite;
	readonly clock: FakeClock;
	readonly parts: QueueParts;
	readonly room: PayloadRoom;
	readonly dispatch: Dispatch;
	readonly jobs: JobRequests;
	enqueue(...specs: JobSpecInput[]): Promise<Result<'job/enqueue'>['jobs']>;
	/** As the run of this job would. */
	enqueueBy(id: string, ...specs: JobSpecInput[]): Promise<Result<'job/enqueue'>['jobs']>;
	/** As an AI tool would whose jobs a person must approve first. */
	enqueueUnapproved(...specs: JobSpecInput[]): Promise<Result<'job/enqueue'>['jobs']>;
	/** Claims with the queue's own limits, counting what it claimed before as running. */
	claim(): Promise<string[]>;
	/** Until nothing is to be done any more to children of what was stopped, paused or resumed. */
	swept(): Promise<void>;
	/** Ends the current run of a job as its process would. */
	exit(id: string, exitCode: number): Promise<void>;
}

export interface TestQueueOptions {
	readonly file?: string;
	readonly clock?: FakeClock;
	readonly cores?: number;
	/** Jobs that the file holds already: ids go on after them. */
	readonly idsUsed?: number;
	readonly conditions?: Conditions;
	readonly hindrance?: QueueOptions['hindrance'];
	readonly workers?: Workers;
	/** What else than `command` may be enqueued. */
	readonly handlerOf?: (type: string) => JobHandler | undefined;
	/** The setting; 2 where it is not given. */
	readonly aloneAfterDeaths?: number;
	readonly canPauseRuns?: boolean;
	/** What caps may come to together; without: no bound. */
	readonly roomMB?: () => number | undefined;
	readonly hooks?: readonly Hook[];
	/** Of one hook so many fall due in a minute. */
	readonly hookStarts?: number;
	/** Children dealt with in one group. */
	readonly sweepRows?: number;
	/** As over the wire: what no person started spares a low battery. */
	readonly sparing?: boolean;
	readonly committing?: QueueOptions['committing'];
	readonly arriving?: QueueOptions['arriving'];
	/** Hears of every statement that the queue prepares. */
	readonly prepared?: (sql: string) => void;
}

export function openQueue(options: TestQueueOptions = {}): TestQueue {
	const clock = options.clock ?? new FakeClock();
	const folder = options.file === undefined ? temporaryFolder() : '';
	const db = openDatabase({
		file: options.file ?? join(folder, 'jobs.db'),
		migrations: MIGRATIONS,
		nativeFolder: undefined,
		damageMark: join(folder, 'database-damaged'),
		damagedFolder: join(folder, 'damaged'),
		payloadFolder: join(folder, 'payloads'),
		durability: 'normal',
		now: () => clock.now(),
		warn: () => {},
	});
	const { prepared } = options;
	if (prepared !== undefined) {
		const prepare = db.prepare.bind(db);
		db.prepare = ((sql: string) => {
			prepared(sql);
			return prepare(sql);
		}) as typeof db.prepare;
	}
	let ids = options.idsUsed ?? 0;
	const occupied = (queue?: string, of?: 'functions') => {
		const rows = db
			.prepare<[], { queue: string; type: string }>(
				'SELECT queue, type FROM jobs WHERE state = 1 AND phase = 0',
			)
			.all();
		return rows.filter(
			(row) =>
				isFunctionType(row.type) === (of === 'functions') &&
				(queue === undefined || row.queue === queue),
		).length;
	};
	const room = createPayloadRoom({
		db,
		clock,
		folder: join(options.file === undefined ? folder : dirname(options.file), 'payloads'),
		thresholdBytes: 10_000,
		isLocked: () => false,
		quotaBytes: () => 2 ** 40,
		warn: () => {},
	});
	const payloads = room.store;
	const parts = createQueueParts({
		db,
		clock,
		random: () => 0.5,
		newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
		boot: 'boot',
		aloneAfterDeaths: options.aloneAfterDeaths ?? 2,
		cores: options.cores ?? 4,
		liveLogBytes: () => undefined,
		occupied,
		workers: options.workers ?? NO_WORKERS,
		hindrance: options.hindrance ?? (() => undefined),
		conditions: options.conditions ?? UNCONDITIONAL,
		payloads,
		roomMB: options.roomMB ?? (() => undefined),
		hooks: () => options.hooks ?? [],
		canPauseRuns: () => options.canPauseRuns ?? true,
		freeReserve: () => false,
		...(options.committing === undefined ? {} : { committing: options.committing }),
		...(options.arriving === undefined ? {} : { arriving: options.arriving }),
		...(options.sweepRows === undefined ? {} : { sweepRows: options.sweepRows }),
		...(options.hookStarts === undefined ? {} : { hookStarts: options.hookStarts }),
		damaged: (sentence) => {
			throw new Error(sentence);
		},
	});
	const sparing = options.sparing === true ? sparesBattery : () => false;
	const dispatch = createDispatch(parts);
	const jobs = createJobRequests(parts);
	const types: JobHandlers = {
		get: (type) => (type === 'command' ? commandHandler : options.handlerOf?.(type)),
		keys: () => ['command'],
	};
	const enqueue = async (
		by: string | undefined,
		specs: readonly JobSpecInput[],
		needsApproval = () => false,
	) => {
		const parsed = specs.map((spec) => jobSpecSchema.parse(spec));
		const asker = { origin: by === undefined ? 'test' : `job/${by}`, job: by, needsApproval };
		return jobs.enqueue(await prepareJobs(parsed, types, payloads, sparing), asker);
	};
	onTestFinished(async () => {
		if (!db.open) return;
		await parts.close();
		db.close();
	});
	return {
		db,
		clock,
		parts,
		room,
		dispatch,
		jobs,
		enqueue: (...specs) => enqueue(undefined, specs),
		enqueueBy: (id, ...specs) =>
			enqueue(
				id,
				specs.map((spec) => ({ ...spec, parentId: id })),
			),
		enqueueUnapproved: (...specs) => enqueue(undefined, specs, () => true),
		claim: async () => (await dispatch.claim(occupied)).map(({ row }) => row.id),
		async swept() {
			while (await dispatch.sweep());
		},
		async exit(id, exitCode) {
			const { run } = jobs.get(id).job;
			await dispatch.finish({ id, run, outcome: { kind: 'exit', exitCode, signal: null } });
		},
	};
}

/** A command that is never really run. */
export function task(more: Partial<JobSpecInput> = {}): JobSpecInput {
	return { type: 'command', command: { command: 'true' }, ...more };
}
