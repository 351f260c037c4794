/** Random specifications, and what is sent for them. */
import fc from 'fast-check';
import type { JobSpecInput } from '../../../../shared/job.ts';
import type { ModelJob, ModelSpec } from '../../../support/model/job.ts';
import { RESTART_BACKOFF } from '../../../support/model/transitions.ts';
import { task } from '../../../support/queue.ts';

/** Folder URIs. */
export type Workspaces = Readonly<Record<'a' | 'b', string>>;

/** The first value mostly: what is rare in life makes every history the same when it is frequent. */
export const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
	fc.oneof(
		{ weight: 4, arbitrary: fc.constant(usual) },
		{ weight: 1, arbitrary: fc.constantFrom(...others) },
	);

const AC = { power: 'ac', minBattery: null, idle: false } as const;

export const anySpec: fc.Arbitrary<ModelSpec> = fc
	.record<ModelSpec>({
		queue: fc.constantFrom('default', 'default', 'other'),
		workspace: fc.constantFrom('', 'a', 'b'),
		priority: mostly<number | null>(null, 0, -1, 1, 60),
		group: fc.constantFrom<(string | null)[]>(null, null, 'g', 'g', 'h'),
		groupLimit: mostly<number | null>(null, 2),
		subject: mostly<string | null>(null, 's', 't'),
		supersede: fc.constantFrom('queued', 'abort', 'none'),
		debounceMs: mostly(0, 50),
		maxDelayMs: mostly<number | null>(null, 70),
		delayMs: mostly(0, 80),
		ttlMs: mostly<number | null>(null, null, 120),
		deadlineMs: mostly<number | null>(null, null, 300),
		maxAttempts: fc.constantFrom(1, 2, 3),
		backoffMs: fc.constantFrom(0, 40),
		ready: mostly(false, true, true),
		retryOn: mostly<readonly number[] | null>(null, [75]),
		restartable: fc.constantFrom(true, true, false),
		restart: mostly<ModelSpec['restart']>(
			null,
			{ policy: 'on-failure', max: 2 },
			{ policy: 'always', max: 2 },
		),
		key: mostly<string | null>(null, 'k1', 'k2'),
		conditions: fc.constantFrom<ModelSpec['conditions'][]>(
			null,
			AC,
			AC,
			{ power: 'any', minBattery: 50, idle: false },
			{ power: 'any', minBattery: null, idle: true },
			{ power: 'ac', minBattery: 50, idle: true },
			{ power: 'any', minBattery: null, idle: false, unmetered: true },
		),
		event: mostly<string | null>(null, 'commit', 'closed'),
		maxWaitMs: fc.constantFrom(null, null, 100),
		onConstraintLost: fc.constantFrom('finish', 'pause', 'pause', 'requeue'),
		memoryMB: mostly<number | null>(null, 16, 40, 200),
		worker: mostly<ModelSpec['worker']>(null, 'f.a', 'f.a', 'f.b'),
	})
	.map(asFunction)
	// A requeue runs it again, so it must be restartable: anything else is refused.
	.map((made) =>
		made.onConstraintLost === 'requeue' && !made.restartable
			? {
					...made,
					onConstraintLost: made.worker === null ? ('pause' as const) : ('finish' as const),
				}
			: made,
	)
	.map((made) => (made.restart === null ? made : { ...made, maxAttempts: 1 }))
	.map((made) => (made.group === null ? { ...made, groupLimit: null } : made));

/** A function has no output, no exit code, and cannot stand still; its subject is one of its type. */
function asFunction(made: ModelSpec): ModelSpec {
	const { worker, subject, conditions, maxWaitMs, onConstraintLost } = made;
	if (worker === null) return made;
	return {
		...made,
		ready: false,
		memoryMB: null,
		retryOn: null,
		restart: null,
		subject: subject === null ? null : `${subject} of ${worker}`,
		// Nothing but its worker is never waited for too long.
		maxWaitMs: conditions === null ? null : maxWaitMs,
		onConstraintLost: onConstraintLost === 'pause' ? 'finish' : onConstraintLost,
	};
}

/** What of it is not as usual. */
export function describeSpec(s: ModelSpec): string {
	const usual = new Set<unknown>([null, 0, 'default', '', 'queued', 'finish', 1, false]);
	const told = Object.entries(s).filter(([, value]) => !usual.has(value));
	return JSON.stringify(Object.fromEntries(told));
}

export function inputOf(
	s: ModelSpec,
	now: number,
	parent: ModelJob | null,
	workspaces: Workspaces,
	after: NonNullable<JobSpecInput['after']>,
): JobSpecInput {
	const constrained = s.conditions !== null || s.event !== null || s.maxWaitMs !== null;
	const { power = 'any', minBattery = null, idle = false, unmetered } = s.conditions ?? {};
	const base = s.worker === null ? task() : { type: s.worker };
	return {
		...base,
		queue: s.queue,
		supersede: s.supersede,
		debounceMs: s.debounceMs,
		maxAttempts: s.maxAttempts,
		restartable: s.restartable,
		backoff: { baseMs: s.backoffMs, factor: 2, jitter: 0 },
		onConstraintLost: s.onConstraintLost,
		...(after.length === 0 ? {} : { after }),
		...(s.priority === null ? {} : { priority: s.priority }),
		...(s.maxDelayMs === null ? {} : { maxDelayMs: s.maxDelayMs }),
		...(s.ready ? { ready: {} } : {}),
		...(s.restart === null ? {} : { restart: { ...s.restart, backoff: RESTART_BACKOFF } }),
		...(s.memoryMB === null ? {} : { limits: { memoryMB: s.memoryMB } }),
		...(s.retryOn === null ? {} : { retryOn: [...s.retryOn] }),
		...(s.workspace === '' ? {} : { workspace: workspaces[s.workspace] }),
		...(s.group === null ? {} : { group: s.group }),
		...(s.groupLimit === null ? {} : { groupLimit: s.groupLimit }),
		...(s.subject === null ? {} : { subject: s.subject }),
		...(s.delayMs === 0 ? {} : { runAt: now + s.delayMs }),
		...(s.ttlMs === null ? {} : { ttlMs: s.ttlMs }),
		...(s.deadlineMs === null ? {} : { deadlineAt: now + s.deadlineMs }),
		...(s.key === null ? {} : { key: s.key }),
		...(parent === null ? {} : { parentId: parent.id }),
		...(!constrained
			? {}
			: {
					constraints: {
						power,
						idle,
						...(minBattery === null ? {} : { minBattery }),
						...(unmetered ? { unmetered } : {}),
						...(s.event === null ? {} : { event: s.event }),
						...(s.maxWaitMs === null ? {} : { maxWaitMs: s.maxWaitMs }),
					},
				}),
	};
}
