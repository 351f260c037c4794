/** What may happen to a queue, as steps that a random history is made of: each is done to both sides and compared. */
import fc from 'fast-check';
import type { Rate } from '../../../../shared/protocol/system.ts';
import type { ModelOutcome, ModelUpdate } from '../../../support/model/job.ts';
import type { QueueName } from '../../../support/model/ready.ts';
import { type AnyCondition, enqueue } from './enqueueStep.ts';
import {
	advance,
	charge,
	crash,
	emit,
	type Flip,
	flip,
	jump,
	limitGroup,
	type Place,
	pauseQueue,
	rate,
	review,
	room,
	workers,
} from './machineSteps.ts';
import { approve, change, update, VERBS } from './requestSteps.ts';
import {
	answer,
	ask,
	becomeReady,
	begin,
	claim,
	finish,
	leaveSlot,
	pauseCarriedOut,
	reach,
	report,
	stopRun,
} from './runSteps.ts';
import { anySpec, mostly } from './specs.ts';
import { both, type Step, step, sweep, sweepAll } from './step.ts';

export const pick = fc.nat({ max: 1000 });
export const parent = fc.oneof(
	{ weight: 2, arbitrary: fc.constant(null) },
	{ weight: 1, arbitrary: pick },
);
const condition = fc.record<AnyCondition>({
	pick,
	within: mostly(false, true),
	on: fc.constantFrom('succeeded', 'succeeded', 'ended', 'ready', 'ready'),
});
const conditions = fc.oneof(
	{ weight: 2, arbitrary: fc.constant<AnyCondition[]>([]) },
	{ weight: 1, arbitrary: fc.array(condition, { minLength: 1, maxLength: 2 }) },
);
export const outcome = mostly<ModelOutcome>(
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
