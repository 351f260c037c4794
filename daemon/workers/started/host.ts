/** A worker of config.json: it is started when there is work for it, and leaves a while after. */
import { shownCommand } from '../../../shared/job.ts';
import type { ShownWorker, StartedWorker } from '../../../shared/protocol/startedWorkers.ts';
import type { Clock, Timer } from '../../queue/ports/clock.ts';
import type { Worker } from '../registry.ts';
import type { Standing, StandingEnd } from './standing.ts';

export interface Host {
	readonly entry: StartedWorker;
	/** Its process is there, or comes when there is work. */
	readonly serves: boolean;
	shown(): ShownWorker;
	/** A job of its types could start. */
	wanted(): void;
	/** It was given a run, or one has ended. */
	loadChanged(): void;
	/** Why a job waits for it; undefined where its process is there. */
	unmet(): string | undefined;
	/** Ends its process. A broken one is tried again from now on. Resolves when nothing of it is left. */
	end(): Promise<void>;
}

export interface HostOptions {
	readonly clock: Clock;
	readonly logFile: string;
	readonly start: (onRegistered: (worker: Worker) => void) => Standing;
	/** Nothing more is given to it. */
	readonly retire: (worker: Worker) => void;
	readonly changed: () => void;
	readonly warn: (sentence: string) => void;
}

/** After so many deaths in a row before it registered it is broken. */
const MOST_DEATHS = 5;
const BACKOFF = { first: 1000, most: 60_000 } as const;
/** Whoever lived so long has not died of its start. */
const LIVED_MS = 60_000;
const GRACE_MS = 5000;
/** Of what it printed last, in a sentence. */
const LAST_CHARS = 300;

export function createHost(entry: StartedWorker, options: HostOptions): Host {
	const { clock, changed } = options;
	const { name } = entry;
	let state: ShownWorker['state'] = 'idle';
	let standing: Standing | undefined;
	let [deaths, deathsAtStart, readyAt] = [0, 0, 0];
	let lastEnd: StandingEnd | undefined;
	let backoff: Timer | undefined;
	let idle: Timer | undefined;

	function start(): void {
		state = 'starting';
		const one = options.start(() => {
			state = 'ready';
			deathsAtStart = 0;
			readyAt = clock.monotonic();
			loadChanged();
			changed();
		});
		standing = one;
		void one.ended.then(ended);
	}

	function ended(end: StandingEnd): void {
		standing = undefined;
		idle?.cancel();
		lastEnd = end;
		if (state === 'stopping') state = 'idle';
		else died(end);
		changed();
	}

	function died(end: StandingEnd): void {
		const lived = end.registered && clock.monotonic() - readyAt >= LIVED_MS;
		deaths = lived ? 1 : deaths + 1;
		if (!end.registered) deathsAtStart++;
		if (deathsAtStart >= MOST_DEATHS) {
			state = 'broken';
			options.warn(`The worker ${name} is broken. ${broken()}`);
			return;
		}
		state = 'waiting';
		const wait = Math.min(BACKOFF.most, BACKOFF.first * 2 ** (deaths - 1));
		backoff = clock.after(wait, () => {
			state = 'idle';
			changed();
		});
	}

	function stop(): void {
		const worker = standing?.worker;
		state = 'stopping';
		if (worker !== undefined) options.retire(worker);
		standing?.stop(GRACE_MS);
	}

	function loadChanged(): void {
		idle?.cancel();
		const worker = standing?.worker;
		if (state !== 'ready' || worker === undefined || worker.held > 0) return;
		idle = clock.after(entry.idleMs, () => {
			if (state === 'ready' && worker.held === 0) stop();
		});
	}

	function broken(): string {
		const last = lastEnd?.last.slice(-LAST_CHARS).replaceAll(/\s*\n\s*/g, ' | ') ?? '';
		const said = last === '' ? '' : ` and printed last: ${last}`;
		return `It died ${MOST_DEATHS} times before it registered; the last time it ${lastEnd?.how ?? 'ended'}${said}. Mend it and run: semantica worker restart ${name}`;
	}

	return {
		entry,
		loadChanged,
		get serves() {
			return state !== 'broken';
		},
		wanted() {
			if (state === 'idle') start();
		},
		unmet() {
			switch (state) {
				case 'ready':
					return undefined;
				case 'broken':
					return `waits for its worker ${name}, which is broken. ${broken()}`;
				case 'waiting':
					return `waits for its worker ${name}, which ${lastEnd?.how ?? 'ended'} and is started again soon`;
				case 'idle':
				case 'starting':
				case 'stopping':
					return `waits for its worker ${name}, which is being started`;
			}
		},
		shown: () => ({
			name,
			types: entry.types,
			command: shownCommand(entry.command),
			idleMs: entry.idleMs,
			state,
			pid: standing?.pid ?? null,
			holds: standing?.worker?.held ?? 0,
			lastEnd: lastEnd?.how ?? null,
			log: options.logFile,
		}),
		async end() {
			backoff?.cancel();
			[deaths, deathsAtStart] = [0, 0];
			if (standing === undefined) {
				state = 'idle';
				return;
			}
			const { ended: gone } = standing;
			stop();
			await gone;
		},
	};
}
