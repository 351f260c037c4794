/** One process of a worker that the daemon started, from its start to its end. */
import { errorMessage, SemanticaError } from '../../../shared/errors.ts';
import type { Clock, Timer } from '../../queue/ports/clock.ts';
import type { LaunchPlan } from '../../queue/ports/handlers.ts';
import type { RunOutcome } from '../../queue/ports/runs.ts';
import type { Worker } from '../registry.ts';

/** As the processes room starts them. */
export interface Launched {
	readonly pid: number;
	/** Resolves when the process and its whole group are gone. Never rejects. */
	readonly ended: Promise<RunOutcome>;
	last(): string;
	stop(graceMs: number): void;
	pause(): Promise<boolean>;
	resume(): Promise<void>;
}

export type Launch = (launch: {
	readonly name: string;
	readonly start: number;
	readonly plan: LaunchPlan;
	readonly env: Readonly<Record<string, string>>;
	readonly logFile: string | undefined;
	/** What it makes is nobody else's. */
	readonly isPrivate: boolean;
}) => Promise<Launched>;

/** Who speaks with a worker's token. */
export interface WorkerIdentity {
	readonly name: string;
	/** Of all starts of all of them. */
	readonly start: number;
}

export interface WorkerTokens {
	issueWorker(worker: WorkerIdentity): string;
	revoke(token: string): void;
}

export interface StandingEnd {
	readonly outcome: RunOutcome;
	/** In words. */
	readonly how: string;
	/** What it printed last. */
	readonly last: string;
	readonly registered: boolean;
}

export interface Standing {
	readonly identity: WorkerIdentity;
	/** One of ours, that is not in config.json. */
	readonly isBuiltIn: boolean;
	readonly pid: number | null;
	/** Set from when it has registered until its connection ends. */
	readonly worker: Worker | undefined;
	readonly stopping: boolean;
	/** Resolves when nothing of it is left. Never rejects. */
	readonly ended: Promise<StandingEnd>;
	/** It registers. @throws SemanticaError UNAUTHORIZED where it has, or asks for other types than it is there for */
	assertMayRegister(types: readonly string[]): void;
	registered(worker: Worker): void;
	/** Its connection has ended, and with it what it is there for. */
	disconnected(): void;
	stop(graceMs: number): void;
	pause(): Promise<boolean>;
	resume(): Promise<void>;
}

export interface StandingOptions {
	readonly identity: WorkerIdentity;
	readonly types: readonly string[];
	readonly plan: LaunchPlan;
	readonly logFile: string | undefined;
	readonly isBuiltIn: boolean;
	readonly launch: Launch;
	readonly tokens: WorkerTokens;
	readonly clock: Clock;
	readonly onRegistered: (worker: Worker) => void;
}

/** Who has not registered by then is not going to. */
const REGISTER_MS = 60_000;
/** A process that let go of its connection has lost what it was there for. */
const AFTER_CONNECTION_MS = 2000;

export function startStanding(options: StandingOptions): Standing {
	const { identity, types, clock, tokens } = options;
	const token = tokens.issueWorker(identity);
	let launched: Launched | undefined;
	let worker: Worker | undefined;
	let wasRegistered = false;
	let stopGrace: number | undefined;
	let lateness: Timer | undefined;
	let late = false;

	function stop(graceMs: number): void {
		stopGrace = graceMs;
		launched?.stop(graceMs);
	}

	async function live(): Promise<StandingEnd> {
		try {
			launched = await options.launch({
				name: identity.name,
				start: identity.start,
				plan: options.plan,
				env: { SEMANTICA_WORKER: identity.name, SEMANTICA_WORKER_TOKEN: token },
				logFile: options.logFile,
				isPrivate: options.isBuiltIn,
			});
			lateness = clock.after(REGISTER_MS, () => {
				if (wasRegistered) return;
				late = true;
				stop(0);
			});
			if (stopGrace !== undefined) launched.stop(stopGrace);
			const outcome = await launched.ended;
			const how = late ? `did not register within ${REGISTER_MS / 1000} s` : howOf(outcome);
			return { outcome, how, last: launched.last(), registered: wasRegistered };
		} catch (error) {
			const message = errorMessage(error);
			const outcome = { kind: 'spawn', code: 'SPAWN', message } as const;
			return { outcome, how: `could not be started: ${message}`, last: '', registered: false };
		} finally {
			lateness?.cancel();
			tokens.revoke(token);
		}
	}

	return {
		identity,
		isBuiltIn: options.isBuiltIn,
		get pid() {
			return launched?.pid ?? null;
		},
		get worker() {
			return worker;
		},
		get stopping() {
			return stopGrace !== undefined;
		},
		ended: live(),
		assertMayRegister(asked) {
			if (wasRegistered) {
				throw new SemanticaError('UNAUTHORIZED', 'This process has registered as a worker before.');
			}
			const same = asked.length === types.length && asked.every((type) => types.includes(type));
			if (same) return;
			throw new SemanticaError(
				'UNAUTHORIZED',
				`The worker ${identity.name} is there for ${types.join(', ')}, and registers exactly that. Change it with: semantica worker add ${identity.name} …`,
				{ path: 'types' },
			);
		},
		registered(one) {
			wasRegistered = true;
			worker = one;
			lateness?.cancel();
			options.onRegistered(one);
		},
		disconnected() {
			worker = undefined;
			if (stopGrace === undefined) stop(AFTER_CONNECTION_MS);
		},
		stop,
		pause: () => launched?.pause() ?? Promise.resolve(false),
		resume: () => launched?.resume() ?? Promise.resolve(),
	};
}

function howOf(outcome: RunOutcome): string {
	switch (outcome.kind) {
		case 'exit':
			return `ended with exit code ${outcome.exitCode}`;
		case 'signal':
			return `was ended by ${outcome.signal}`;
		case 'spawn':
		case 'payload':
			return outcome.message;
		case 'function':
		case 'unchanged':
		case 'interrupted':
			return 'ended';
	}
}
