/** All processes of workers that this daemon started, by who speaks with their tokens. */
import { SemanticaError } from '../../../shared/errors.ts';
import type { LaunchPlan } from '../../queue/ports/handlers.ts';
import type { Worker } from '../registry.ts';
import {
	type Standing,
	type StandingOptions,
	startStanding,
	type WorkerIdentity,
} from './standing.ts';

export interface StandingLaunch {
	readonly name: string;
	readonly types: readonly string[];
	readonly plan: LaunchPlan;
	readonly logFile: string | undefined;
	readonly isBuiltIn: boolean;
	readonly onRegistered: (worker: Worker) => void;
}

export interface Standings {
	start(launch: StandingLaunch): Standing;
	/** Undefined of a client's worker. @throws SemanticaError UNAUTHORIZED where its process has ended */
	of(identity: WorkerIdentity | undefined): Standing | undefined;
}

export function createStandings(
	options: Pick<StandingOptions, 'launch' | 'tokens' | 'clock'>,
): Standings {
	const standings = new Map<number, Standing>();
	let starts = 0;
	return {
		start({ name, ...launch }) {
			const identity = { name, start: ++starts };
			const standing = startStanding({ ...options, ...launch, identity });
			standings.set(identity.start, standing);
			void standing.ended.then(() => standings.delete(identity.start));
			return standing;
		},
		of(identity) {
			if (identity === undefined) return undefined;
			const standing = standings.get(identity.start);
			if (standing !== undefined) return standing;
			throw new SemanticaError('UNAUTHORIZED', `The process of worker ${identity.name} has ended.`);
		},
	};
}
