/** Looks, until it is so, whether a run is ready by its port or its file. A pattern is looked for elsewhere. */
import { resolve } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import type { Ready } from '../../../shared/jobFields.ts';
import { patiently } from '../../disks/patience.ts';
import { SpawnError } from '../containment.ts';
import { markOf } from './file.ts';
import { type Place, whoAnswers } from './port.ts';

const FIRST_LOOK_MS = 50;
const LONGEST_WAIT_MS = 500;
/** What keeps a look from being taken may pass by itself; the run does not begin before. */
const TOLD_WITHIN_MS = 5000;

export interface Probe {
	/** The run has begun. */
	begin(members: () => Promise<readonly number[] | undefined>): void;
	end(): void;
}

export interface ProbeOptions {
	readonly ready: Ready | null;
	/** Folder of the run. */
	readonly cwd: string;
	readonly found: () => void;
	/** A sentence for the job's log. */
	readonly note: (sentence: string) => void;
}

type Members = () => Promise<readonly number[] | undefined>;
type Look = (members: Members) => Promise<boolean>;

/**
 * Before the run begins: what answers already would tell nothing of it.
 * @throws SpawnError READY with the sentence why the run must not begin
 */
export async function prepareProbe(options: ProbeOptions): Promise<Probe> {
	const look = await lookFor(options);
	let timer: NodeJS.Timeout | undefined;
	let ended = look === undefined;

	async function round(members: Members, wait: number): Promise<void> {
		if (ended || look === undefined) return;
		// Where it cannot be told for want of a descriptor, it may be at the next look.
		const found = await look(members).catch(() => false);
		if (ended) return;
		if (found) {
			ended = true;
			options.found();
			return;
		}
		timer = setTimeout(() => void round(members, Math.min(wait * 2, LONGEST_WAIT_MS)), wait);
	}

	return {
		begin: (members) => void round(members, FIRST_LOOK_MS),
		end() {
			ended = true;
			clearTimeout(timer);
		},
	};
}

async function lookFor(options: ProbeOptions): Promise<Look | undefined> {
	const { port, host, file } = options.ready ?? {};
	if (port !== undefined) return lookAtPort({ port, host }, options);
	return file === undefined ? undefined : lookAtFile(resolve(options.cwd, file), options);
}

async function lookAtPort(place: Place, { note }: ProbeOptions): Promise<Look> {
	const name = place.host === undefined ? `port ${place.port}` : `${place.host}:${place.port}`;
	const before = await patiently(() => whoAnswers(place, async () => []), TOLD_WITHIN_MS);
	if (before.by !== 'nobody') {
		const who = before.by === 'other' ? ` (${before.name}, pid ${before.pid})` : '';
		throw new SpawnError(
			'READY',
			`Something listens at ${name} already${who}, so an answer there would not say that this job is ready. End it, or name another port.`,
		);
	}
	let said = false;
	return async (members) => {
		const answer = await whoAnswers(place, members);
		if (answer.by === 'nobody' || answer.by === 'run') return answer.by === 'run';
		const isOther = answer.by === 'other';
		if (!said) {
			said = true;
			note(
				isOther
					? `${name} is held by ${answer.name} (pid ${answer.pid}), which is none of this job's processes: it is not ready by that`
					: `${name} answers; whether it is this job that does cannot be told here`,
			);
		}
		return !isOther;
	};
}

async function lookAtFile(path: string, { note }: ProbeOptions): Promise<Look> {
	let said = false;
	const mark = () =>
		markOf(path).catch((error: unknown) => {
			if (!said) note(`whether ${path} is there cannot be told: ${errorMessage(error)}`);
			said = true;
			return undefined;
		});
	let before = await mark();
	return async () => {
		const now = await mark();
		// What could not be looked at before says something only once it changes.
		if (before === undefined) before = now;
		return now !== undefined && now !== '' && now !== before;
	};
}
