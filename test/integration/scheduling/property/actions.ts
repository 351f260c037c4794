/** What may happen to jobs with constraints, and to the machine they wait for. */
import fc from 'fast-check';
import type { JobSpecInput } from '../../../../shared/job.ts';

export const SECOND = 1000;
export const STEP = 5 * SECOND;

export type Action =
	| { readonly kind: 'enqueue'; readonly spec: Partial<JobSpecInput>; readonly delay: number }
	| {
			readonly kind: 'power';
			readonly source: 'ac' | 'battery' | 'unknown';
			readonly percent: number;
	  }
	| { readonly kind: 'load'; readonly load: number }
	| { readonly kind: 'emit'; readonly event: string }
	| { readonly kind: 'pause' | 'resume' | 'runNow' | 'exit'; readonly nth: number }
	| { readonly kind: 'activity' }
	| { readonly kind: 'advance' | 'suspend' | 'setBack'; readonly ms: number };

const constraintsArbitrary = fc.record(
	{
		power: fc.constantFrom('any', 'ac', 'ac'),
		minBattery: fc.constantFrom(20, 50),
		idle: fc.boolean(),
		event: fc.constantFrom('a', 'b'),
		maxWaitMs: fc.constantFrom(10 * SECOND, 200 * SECOND),
	},
	{ requiredKeys: ['power'] },
);

const enqueueArbitrary = fc.record({
	kind: fc.constant('enqueue' as const),
	delay: fc.constantFrom(0, 0, 20 * SECOND),
	spec: fc.record({
		constraints: constraintsArbitrary,
		onConstraintLost: fc.constantFrom('finish', 'pause', 'pause', 'requeue'),
		restartable: fc.constant(true),
	}),
});

const nth = fc.nat(5);
const actionArbitrary: fc.Arbitrary<Action> = fc.oneof(
	{ weight: 4, arbitrary: enqueueArbitrary },
	{
		weight: 4,
		arbitrary: fc.record({
			kind: fc.constant('power' as const),
			source: fc.constantFrom('ac', 'ac', 'battery', 'battery', 'unknown'),
			percent: fc.constantFrom(19, 20, 24, 25, 49, 55, 100),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant('load' as const),
			load: fc.constantFrom(0, 0.1, 0.4, 0.9),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constant('emit' as const), event: fc.constantFrom('a', 'b') }),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constantFrom(
				'pause' as const,
				'resume' as const,
				'runNow' as const,
				'exit' as const,
			),
			nth,
		}),
	},
	{ weight: 1, arbitrary: fc.constant({ kind: 'activity' as const }) },
	{
		weight: 8,
		arbitrary: fc.record({
			kind: fc.constant('advance' as const),
			ms: fc.constantFrom(STEP, 65 * SECOND, 125 * SECOND),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant('suspend' as const),
			ms: fc.constant(28_800 * SECOND),
		}),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant('setBack' as const),
			ms: fc.constantFrom(5 * SECOND, 600 * SECOND),
		}),
	},
);

/** Jobs that run and depend on what may be lost: chance alone seldom gets there. */
const AT_WORK: readonly Action[] = [
	...(['pause', 'requeue'] as const).flatMap((onConstraintLost) =>
		[{ power: 'ac' as const }, { minBattery: 50 }, { idle: true }].map(
			(constraints): Action => ({
				kind: 'enqueue',
				delay: 0,
				spec: { constraints, onConstraintLost, restartable: true },
			}),
		),
	),
	{ kind: 'advance', ms: 200 * SECOND },
];

export const historyArbitrary = fc
	.tuple(fc.boolean(), fc.array(actionArbitrary, { minLength: 10, maxLength: 40 }))
	.map(([begun, actions]) => (begun ? [...AT_WORK, ...actions] : actions));
