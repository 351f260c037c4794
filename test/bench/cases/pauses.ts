/**
 * The longest that others wait for an answer while a daemon does its longest work, and the longest of its own steps
 * then: the wait has in it what other programs do to the machine, the step does not.
 */
import { join } from 'node:path';
import { longestPause } from '../../support/longestPause.ts';
import { LONG_STEPS } from '../../support/longSteps/all.ts';
import { longestTurn, measuringTurns } from '../../support/turns.ts';
import type { BenchContext } from '../daemon.ts';
import type { Figure } from '../figures.ts';

/** Finished ones are kept up to 20,000, and none may be missing when they are counted. */
const SIZE = 15_000;
const REPEATS = 3;

export async function longestPauses(context: BenchContext): Promise<Figure[]> {
	const size = context.quick ? 1000 : SIZE;
	const figures: Figure[] = [];
	for (const step of LONG_STEPS) {
		context.say(step.name);
		const pauses: number[] = [];
		const turns: number[] = [];
		for (let repeat = 0; repeat < (context.quick ? 1 : REPEATS); repeat++) {
			const file = join(context.folder(), 'turns');
			await context.withDaemon(async (daemon) => {
				const connection = await daemon.connect();
				const played = await longestPause(daemon.paths.home, connection, step, size);
				pauses.push(played.pause);
				turns.push(longestTurn(file, played.began, played.ended));
				connection.dispose();
			}, measuringTurns(file));
		}
		const common = { unit: 'ms', better: 'lower', budget: { of: 'value', atMost: 50 } } as const;
		figures.push(
			{
				...common,
				name: `pause: ${step.name}`,
				what: `longest wait of a ping: ${step.name}`,
				ours: pauses,
			},
			{
				...common,
				name: `step: ${step.name}`,
				what: `the daemon's longest step then, CPU: ${step.name}`,
				ours: turns,
			},
		);
	}
	return figures;
}
