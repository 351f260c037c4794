/** A job on its way to another machine: the whole of it is signed, and nothing beside the envelope is believed. */
import { createHash, randomUUID } from 'node:crypto';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import { type JobSpec, jobSpecSchema } from '../../shared/job.ts';
import { placeSchema, recipeCallSchema, type Submission } from '../../shared/protocol/fleet.ts';
import { type Need, needSchema } from './needs.ts';
import type { Lease } from './port.ts';
import { type Identity, isSignedBy } from './trust.ts';

/** So long a signed job may be run. */
export const MOST_DAYS_MS = 14 * 24 * 3_600_000;
export const MAX_PAYLOAD = 16 * 1024 * 1024;
/** As the server's table takes it, where it is written a little wider. */
const MOST_NEED_BYTES = 1900;

/** What travels of a specification; every other field is refused by its path. */
const TRAVELS = new Set([
	'type',
	'title',
	'priority',
	'key',
	'subject',
	'command',
	'payload',
	'payloadFile',
	'runAt',
	'ttlMs',
	'deadlineAt',
	'timeoutMs',
	'maxAttempts',
	'backoff',
	'retryOn',
	'restartable',
	'constraints',
	'graceMs',
	'notify',
]);

const envelopeSchema = z.strictObject({
	v: z.literal(1),
	fleet: z.string(),
	id: z.string(),
	/** Base64. */
	submitter: z.string(),
	/** Its name, for people. */
	from: z.string().max(64),
	need: needSchema,
	spec: jobSpecSchema,
	place: placeSchema,
	recipe: recipeCallSchema.optional(),
	secrets: z.array(z.string()).max(20),
	payload: z
		.strictObject({ bytes: z.int().min(0).max(MAX_PAYLOAD), sha256: z.string() })
		.nullable(),
	notAfter: z.int(),
});
export type Envelope = z.output<typeof envelopeSchema>;

export interface Sealed {
	readonly envelope: Envelope;
	readonly bytes: Buffer;
	/** Base64. */
	readonly signature: string;
}

export interface Sealing {
	readonly submission: Submission;
	/** Of the machine that it is for, where it is for one. */
	readonly target: string | undefined;
	readonly payload: Buffer | null;
	readonly fleet: string;
	readonly from: string;
	readonly now: number;
	/** Where in the request it stands, as in `jobs[2]`. */
	readonly path: string;
}

export function tooLarge(path: string): SemanticaError {
	return new SemanticaError(
		'TOO_LARGE',
		'The input of a shared job may have 16 MiB: a database is no store of files. Let the command fetch what is larger.',
		{ path },
	);
}

/** @throws SemanticaError VALIDATION or TOO_LARGE, by path */
export function seal(me: Identity, sealing: Sealing): Sealed {
	const { submission, target, payload, fleet, from, now, path } = sealing;
	refuseWhatStays(submission, path);
	if (payload !== null && payload.length > MAX_PAYLOAD) {
		throw tooLarge(`${path}.spec.payload`);
	}
	const { place, recipe, secrets } = submission;
	const { payload: _, payloadFile: __, ...spec } = submission.spec;
	const { constraints, ttlMs, deadlineAt, runAt } = spec;
	const latest = Math.min(
		(runAt ?? now) + MOST_DAYS_MS - 24 * 3_600_000,
		now + MOST_DAYS_MS,
		deadlineAt ?? Number.POSITIVE_INFINITY,
		ttlMs === undefined ? Number.POSITIVE_INFINITY : (runAt ?? now) + ttlMs,
	);
	const need: Need = {
		signer: me.key,
		kind: recipe === undefined ? 'command' : 'recipe',
		...(target === undefined ? {} : { on: target }),
		...(submission.pool === undefined ? {} : { pool: submission.pool }),
		...(recipe === undefined ? {} : { recipe: recipe.name }),
		...(spec.command?.shell === true ? { shell: true as const } : {}),
		...(secrets.length === 0 ? {} : { secrets }),
		...(place.kind === 'repo' ? { repo: place.repo } : {}),
		...(place.kind === 'repo' && place.commit !== undefined ? { commit: place.commit } : {}),
		...(constraints?.power === 'ac' ? { power: 'ac' as const } : {}),
		...(constraints?.minBattery ? { minBattery: constraints.minBattery } : {}),
		...(constraints?.idle === true ? { idle: true as const } : {}),
	};
	const envelope: Envelope = {
		v: 1,
		fleet,
		id: randomUUID(),
		submitter: me.key,
		from,
		need,
		spec,
		place,
		...(recipe === undefined ? {} : { recipe }),
		secrets,
		payload: payload === null ? null : { bytes: payload.length, sha256: hashOf(payload) },
		notAfter: latest,
	};
	const bytes = Buffer.from(JSON.stringify(envelope));
	if (Buffer.byteLength(JSON.stringify(need)) > MOST_NEED_BYTES) {
		throw new SemanticaError(
			'TOO_LARGE',
			'What a shared job asks of a machine (names of secrets, of the recipe, the repository) is too much for the shared queue, which takes 2,000 bytes of it.',
			{ path },
		);
	}
	return { envelope, bytes, signature: me.sign('job', bytes) };
}

/**
 * What was leased, if it is what it says: signed by whom it names, for this queue, under this id, not too old, and
 * alike in everything that stands beside it unsigned.
 * @throws SemanticaError FORBIDDEN
 */
export function unseal(lease: Lease, fleet: string, now: number): Envelope {
	const bytes = Buffer.from(lease.envelope, 'base64');
	const refuse = (why: string) =>
		new SemanticaError('FORBIDDEN', `The job ${lease.id} was not run: ${why}.`);
	if (!isSignedBy(lease.submitterKey, 'job', bytes, lease.signature)) {
		throw refuse('its signature is not that of the machine that it names');
	}
	const parsed = envelopeSchema.safeParse(parseJson(bytes));
	if (!parsed.success) throw refuse('it is written in a way that this version does not understand');
	const envelope = parsed.data;
	if (envelope.submitter !== lease.submitterKey || envelope.need.signer !== lease.submitterKey) {
		throw refuse('it names another machine than the one that signed it');
	}
	if (envelope.fleet !== fleet) throw refuse('it was signed for another shared queue');
	if (envelope.id !== lease.id) throw refuse('it was signed under another id');
	if (envelope.notAfter <= now || envelope.notAfter > now + 2 * MOST_DAYS_MS) {
		throw refuse('it is too old, or the clock of this machine is wrong');
	}
	const { restartable = false, priority = 0 } = envelope.spec;
	if (restartable !== lease.restartable || priority !== lease.priority) {
		throw refuse('what stands beside it differs from what was signed');
	}
	return envelope;
}

export function hashOf(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** What says something of the machine that it was written on; undefined where nothing does. */
export function fieldThatStays(spec: JobSpec): string | undefined {
	return Object.entries(spec).find(
		([name, value]) => value !== undefined && !TRAVELS.has(name),
	)?.[0];
}

function parseJson(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString());
	} catch {
		return undefined;
	}
}

function refuseWhatStays({ spec, recipe }: Submission, path: string): void {
	const refuse = (field: string, why: string) => {
		throw new SemanticaError('VALIDATION', why, { path: `${path}.spec.${field}` });
	};
	const field = fieldThatStays(spec);
	if (field !== undefined) {
		refuse(field, `"${field}" says something about this machine, and does not travel to another.`);
	}
	if (spec.type !== 'command') {
		refuse('type', 'Only commands travel: indexes, functions and their data are of this machine.');
	}
	if ((spec.command === undefined) !== (recipe !== undefined)) {
		refuse('command', 'Give a command or the name of a recipe.');
	}
	if (spec.key?.includes('\0')) {
		refuse('key', 'The key of a shared job must not contain a NUL character.');
	}
	const { cwd } = spec.command ?? {};
	if (cwd !== undefined && (isAbsolute(cwd) || cwd.split(/[/\\]/).includes('..'))) {
		refuse(
			'command.cwd',
			'A folder on another machine is written relative to the place that the job runs in.',
		);
	}
	if (spec.constraints?.event !== undefined) {
		refuse('constraints.event', 'An event of this machine is not heard on another.');
	}
}
