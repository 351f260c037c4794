/** From a lease to a local job: checked, remembered before anything is laid out, then queued like any other. */
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isInside } from '../../shared/inside.ts';
import { type JobSpec, jobSpecSchema } from '../../shared/job.ts';
import type { Command } from '../../shared/jobFields.ts';
import { type Envelope, fieldThatStays, hashOf, unseal } from './envelope.ts';
import { graceWithin } from './lease.ts';
import type { FleetFile, Recipe, Rule } from './membership.ts';
import { type Judging, ruleFor } from './needs.ts';
import type { Lease, SharedQueue, Tenure } from './port.ts';
import { type FleetTable, localKey } from './table.ts';

export interface InboxOptions {
	readonly table: FleetTable;
	/** Under it each job that wants one gets a fresh folder. */
	readonly scratch: string;
	readonly homeFolder: () => string;
	readonly now: () => number;
	readonly submit: <T>(work: () => T) => Promise<T>;
	/** Queues a job as the machine of this name asked for it. */
	readonly enqueue: (spec: JobSpec, from: string) => Promise<void>;
}

export interface Taking {
	readonly lease: Lease;
	readonly queue: Pick<SharedQueue, 'getChunk'>;
	readonly fleet: string;
	readonly leaseMs: number;
	readonly file: FleetFile;
	readonly judging: Judging;
}

/** Of the default in design.md section 3. */
const GRACE_MS = 5000;

export type Inbox = ReturnType<typeof createInbox>;

export function createInbox(options: InboxOptions) {
	const { table, submit } = options;

	/**
	 * Resolves once the job is queued here, or was taken in before.
	 * @throws SemanticaError FORBIDDEN where it must not run here; PAYLOAD_LOST
	 */
	async function take(taking: Taking): Promise<void> {
		const { lease, fleet, leaseMs, file, judging } = taking;
		const envelope = unseal(lease, fleet, options.now());
		const { restartable = false, graceMs = GRACE_MS } = envelope.spec;
		// Again, on what was signed: the database chose.
		const rule = await ruleFor(envelope.need, judging);
		if (rule === undefined || !isAsNeeded(envelope)) {
			throw new SemanticaError(
				'FORBIDDEN',
				`No rule of this machine lets the job ${lease.id} run here.`,
			);
		}
		const held = {
			lease: lease.lease,
			id: lease.id,
			fence: lease.fence,
			rule: rule.key,
			restartable: restartable ? 1 : 0,
			grace_ms: restartable ? graceWithin(graceMs, leaseMs) : graceMs,
		};
		await submit(() => {
			if (table.seen.get(lease.id)?.begun === 1 && !restartable) {
				throw new SemanticaError(
					'FORBIDDEN',
					`The job ${lease.id} has been begun here before and must not run twice.`,
				);
			}
			table.seen.add(lease.id, envelope.notAfter);
			table.held.add(held, options.now());
		});
		const payload = await payloadOf(taking, envelope);
		const folder = await placeOf(envelope, rule, lease);
		const command = await commandOf(envelope, file, folder, lease);
		const input = payload === null ? undefined : await laidOut(lease, payload);
		try {
			const {
				runAt: _,
				ttlMs: __,
				subject: ___,
				key: ____,
				notify: _____,
				...spec
			} = envelope.spec;
			const local = jobSpecSchema.parse({
				...spec,
				queue: 'fleet',
				key: localKey(lease),
				command,
				graceMs: held.grace_ms,
				...(input === undefined ? {} : { payloadFile: input }),
			});
			await options.enqueue(local, envelope.from);
		} finally {
			if (input !== undefined) await rm(input, { force: true });
		}
	}

	const scratchOf = ({ id, lease }: Tenure) => join(options.scratch, `${id}-${lease}`);

	async function placeOf({ place, spec }: Envelope, rule: Rule, lease: Lease): Promise<string> {
		const root = await rootOf();
		const wanted = resolve(root, spec.command?.cwd ?? '.');
		const folder = await realpath(wanted).catch(() => {
			throw new SemanticaError('FORBIDDEN', `There is no folder ${wanted} on this machine.`);
		});
		if (isInside(folder, root)) return folder;
		throw new SemanticaError('FORBIDDEN', `${wanted} leads out of the place that the job runs in.`);

		async function rootOf(): Promise<string> {
			if (place.kind === 'home') return realpath(options.homeFolder());
			if (place.kind === 'repo') {
				const offered = rule.repos.find(({ repo }) => repo === place.repo)?.folder;
				if (offered !== undefined) return realpath(offered);
				throw new SemanticaError('FORBIDDEN', `This machine offers no checkout of ${place.repo}.`);
			}
			const made = scratchOf(lease);
			await rm(made, { recursive: true, force: true });
			await mkdir(made, { recursive: true, mode: 0o700 });
			return realpath(made);
		}
	}

	async function laidOut({ lease }: Lease, payload: Buffer): Promise<string> {
		await mkdir(options.scratch, { recursive: true, mode: 0o700 });
		const file = join(await realpath(options.scratch), `${lease}.input`);
		try {
			await writeFile(file, payload, { mode: 0o600 });
		} catch (error) {
			// On a full disk what there was room for would stay.
			await rm(file, { force: true });
			throw error;
		}
		return file;
	}

	return {
		take,
		/** The folder of its own goes with the job. Never rejects. */
		async clean(tenure: Tenure): Promise<void> {
			await rm(scratchOf(tenure), { recursive: true, force: true }).catch(() => {});
		},
	};
}

/** What the machine judged by is what the job is. */
function isAsNeeded({ need, spec, place, recipe, secrets }: Envelope): boolean {
	return (
		(need.kind === 'recipe') === (recipe !== undefined) &&
		(recipe === undefined) === (spec.command !== undefined) &&
		need.recipe === recipe?.name &&
		(need.shell === true) === (spec.command?.shell === true) &&
		need.repo === (place.kind === 'repo' ? place.repo : undefined) &&
		need.commit === (place.kind === 'repo' ? place.commit : undefined) &&
		secrets.every((name) => need.secrets?.includes(name)) &&
		spec.type === 'command' &&
		fieldThatStays(spec) === undefined &&
		spec.payload === undefined &&
		spec.payloadFile === undefined
	);
}

async function payloadOf({ lease, queue }: Taking, { payload }: Envelope): Promise<Buffer | null> {
	if (payload === null) return null;
	const pieces: Buffer[] = [];
	if (lease.payload !== null) pieces.push(Buffer.from(lease.payload, 'base64'));
	for (let n = 0; n < lease.chunks; n++) {
		const data = await queue.getChunk({ id: lease.id, lease: lease.lease }, n);
		if (data !== null) pieces.push(Buffer.from(data, 'base64'));
	}
	const whole = Buffer.concat(pieces);
	if (whole.length === payload.bytes && hashOf(whole) === payload.sha256) return whole;
	throw new SemanticaError(
		'PAYLOAD_LOST',
		`The input of the job ${lease.id} is not the one that was signed.`,
	);
}

async function commandOf(
	{ spec, recipe, secrets }: Envelope,
	file: FleetFile,
	cwd: string,
	{ id, fence }: Lease,
): Promise<Command> {
	const ours = { SEMANTICA_FLEET_JOB: id, SEMANTICA_FENCE: String(fence) };
	const secret = Object.fromEntries(secrets.map((name) => [name, file.secrets[name] ?? '']));
	if (recipe !== undefined) {
		const known = file.recipes[recipe.name];
		if (known === undefined)
			throw new SemanticaError('FORBIDDEN', `There is no recipe ${recipe.name}.`);
		const args = filledIn(recipe.name, known, recipe.values);
		return { command: known.command, args, cwd, env: { ...secret, ...ours }, shell: false };
	}
	if (spec.command === undefined) throw new Error('A job without a command was let in.');
	return { ...spec.command, cwd, env: { ...spec.command.env, ...secret, ...ours } };
}

/** Each value is one argument and no more. @throws SemanticaError FORBIDDEN */
export function filledIn(
	name: string,
	{ args, parameters }: Recipe,
	values: Readonly<Record<string, string>>,
): string[] {
	const refuse = (why: string) => new SemanticaError('FORBIDDEN', `The recipe ${name}: ${why}.`);
	for (const given of Object.keys(values)) {
		if (!Object.hasOwn(parameters, given)) throw refuse(`it has no parameter ${given}`);
	}
	for (const [parameter, { pattern, enum: listed, mayBeOption }] of Object.entries(parameters)) {
		const value = values[parameter];
		if (value === undefined) throw refuse(`a value for ${parameter} is missing`);
		if (Buffer.byteLength(value) > 256 || value.includes('\0'))
			throw refuse(`${parameter} is too long`);
		if (value.startsWith('-') && !mayBeOption) throw refuse(`${parameter} must not begin with "-"`);
		if (listed !== undefined && !listed.includes(value))
			throw refuse(`${parameter} may not be "${value}"`);
		if (pattern !== undefined && !matches(pattern, value, refuse)) {
			throw refuse(`${parameter} may not be "${value}"`);
		}
	}
	return args.map((arg) => {
		const parameter = /^\{([^{}]+)\}$/.exec(arg)?.[1];
		return parameter === undefined ? arg : (values[parameter] ?? arg);
	});
}

function matches(pattern: string, value: string, refuse: (why: string) => SemanticaError): boolean {
	try {
		// Of this machine's own file, and on 256 bytes.
		return new RegExp(`^(?:${pattern})$`, 'u').test(value);
	} catch (error) {
		throw refuse(`its pattern cannot be used (${errorMessage(error)})`);
	}
}
