/**
 * Jobs that wait change between this queue and the shared one. Out: the commit that ends one here keeps it in the
 * outbox, which delivers by id. Back: a mark here, then the server lets go of it, then it is queued here under a key of
 * its own. Whenever this is interrupted, doing it again goes on from there.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { isInside } from '../../shared/inside.ts';
import type { JobSpec, JobSpecInput } from '../../shared/job.ts';
import { jobSpecSchema } from '../../shared/job.ts';
import type { Place, Submission } from '../../shared/protocol/fleet.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { PayloadSource } from '../queue/ports/payloadStore.ts';
import type { JobRequests } from '../queue/requests.ts';
import { type Sealed, seal } from './envelope.ts';
import { envelopeOf, type Outbox } from './outbox.ts';
import type { SharedQueue } from './port.ts';
import { checkoutOf } from './repository.ts';
import type { FleetTable, SentRow } from './table.ts';
import type { Identity } from './trust.ts';

export interface MigrateOptions {
	readonly jobs: JobRequests;
	readonly table: FleetTable;
	readonly outbox: Pick<Outbox, 'keep' | 'deliver'>;
	readonly queue: SharedQueue;
	readonly me: Identity;
	readonly fleet: string;
	readonly from: string;
	readonly now: () => number;
	readonly homeFolder: () => string;
	readonly submit: <T>(work: () => T) => Promise<T>;
	/** Queues a job here. */
	readonly enqueue: (spec: JobSpec) => Promise<string>;
	readonly machineId: (name: string) => Promise<string>;
	readonly changed: (ids: readonly string[]) => void;
}

type Migrated = Result<'fleet/migrate'>;
type Out = Extract<Params<'fleet/migrate'>, { direction: 'out' }>;

const PAGE = 100;
/** So many are named in an answer. */
const NAMED = 200;

export type Migration = ReturnType<typeof createMigration>;

export function createMigration(options: MigrateOptions) {
	const { jobs, table, outbox, queue, me, submit } = options;
	let bringing: Promise<Map<string, string>> | undefined;

	async function out(params: Out): Promise<Migrated> {
		const { on, pool } = params;
		const target = on === undefined ? undefined : await options.machineId(on);
		const result = emptyResult();
		for (const { id, title } of await waiting(params.queue)) {
			try {
				const { sealed, stamp } = await sealedOf(id, params, target);
				const to = sealed.envelope.id;
				if (!params.dryRun) {
					await jobs.handOver(id, stamp, () => {
						if (outbox.keep({ ...sealed, movedFrom: id }).existing) {
							throw new SemanticaError('CONFLICT', 'its key belongs to another shared job');
						}
						return to;
					});
				}
				moved(result, id, params.dryRun ? null : to);
			} catch (error) {
				if (!isReason(error)) throw error;
				skipped(result, id, title, error.message);
			}
		}
		options.changed([]);
		return result;

		async function sealedOf(id: string, { place }: Out, target: string | undefined) {
			const { spec, payload, stamp } = jobs.leaving(id);
			const content = payload === null ? null : await contentOf(payload);
			const there = await placeOf(spec, place);
			const submission = { ...(on === undefined ? { pool } : { on }), ...there, secrets: [] };
			const common = { target, payload: content, fleet: options.fleet, from: options.from };
			const sealing = { submission: submission as Submission, ...common, now: options.now() };
			const sealed: Sealed = seal(me, { ...sealing, path: 'job' });
			return { sealed: { ...sealed, payload: content }, stamp };
		}
	}

	async function waiting(name: string | undefined): Promise<{ id: string; title: string }[]> {
		const found: { id: string; title: string }[] = [];
		let cursor: string | undefined;
		do {
			const page = await jobs.page({
				filter: { state: ['queued'], ...(name === undefined ? {} : { queue: [name] }) },
				sort: 'createdAt',
				limit: PAGE,
				...(cursor === undefined ? {} : { cursor }),
			});
			found.push(...page.jobs.map(({ id, title }) => ({ id, title })));
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		// Work of others waits for nobody else.
		return found.filter(({ id }) => !jobs.originOf(id).startsWith('fleet/'));
	}

	async function placeOf(
		spec: JobSpecInput,
		kind: Out['place'],
	): Promise<{ spec: JobSpec; place: Place }> {
		if (spec.command === undefined) {
			throw new SemanticaError('CONFLICT', 'only commands travel');
		}
		const { cwd = '/', ...command } = spec.command;
		const { env = {} } = command;
		const { PATH: _, ...rest } = env;
		const at = async (): Promise<{ place: Place; inside: string }> => {
			if (kind === 'scratch') return { place: { kind }, inside: '' };
			if (kind === 'repo') {
				const { repo, root } = await checkoutOf(cwd).catch((error: unknown) => {
					throw new SemanticaError('CONFLICT', errorMessage(error));
				});
				return { place: { kind, repo }, inside: relative(root, await realpath(cwd)) };
			}
			const home = options.homeFolder();
			if (!isInside(cwd, home)) {
				throw new SemanticaError('CONFLICT', `${cwd} is not in the home folder`);
			}
			return { place: { kind }, inside: relative(home, cwd) };
		};
		const { place, inside } = await at();
		const there = { ...command, env: rest, ...(inside === '' ? {} : { cwd: inside }) };
		return { spec: jobSpecSchema.parse({ ...spec, command: there }), place };
	}

	async function back({ dryRun }: { readonly dryRun: boolean }): Promise<Migrated> {
		const result = emptyResult();
		const wanted: SentRow[] = [];
		for (const row of table.sent.open()) {
			const why = whyItStays(row);
			if (why === undefined) wanted.push(row);
			else skipped(result, row.id, row.title, why);
		}
		if (dryRun) {
			for (const { id } of wanted) moved(result, id, null);
			return result;
		}
		await submit(() => {
			for (const { id } of wanted) table.sent.comeBack(id, true);
		});
		const came = await bringBack();
		for (const { id, title } of wanted) {
			const here = came.get(id);
			if (here !== undefined) moved(result, id, here);
			else skipped(result, id, title, 'a machine has taken it');
		}
		return result;
	}

	/** Those that are marked; what an earlier life of the daemon did not come to the end of too. Rejects where nothing can be reached. */
	function bringBack(): Promise<Map<string, string>> {
		bringing ??= (async () => {
			const came = new Map<string, string>();
			if (table.sent.comingBack().length === 0) return came;
			// What may have been delivered without our knowing is known there by its id before it is let go of.
			await outbox.deliver(queue);
			for (let rows = table.sent.comingBack(); rows.length > 0; rows = table.sent.comingBack()) {
				for (const row of rows) {
					if (!(await queue.withdraw(row.id))) {
						await submit(() => table.sent.comeBack(row.id, false));
						continue;
					}
					const here = await options.enqueue(localOf(row));
					await submit(() => table.sent.cameBack(row.id, here, options.now()));
					came.set(row.id, here);
				}
			}
			options.changed([...came.keys()]);
			return came;
		})().finally(() => {
			bringing = undefined;
		});
		return bringing;
	}

	function localOf(row: SentRow): JobSpec {
		const { spec, place } = envelopeOf(row);
		const { key: _, ...rest } = spec;
		const cwd = join(options.homeFolder(), spec.command?.cwd ?? '.');
		return jobSpecSchema.parse({
			...rest,
			// Queued twice by two lives of the daemon it is one job.
			key: `fleet-back:${row.id}`,
			...(spec.command === undefined || place.kind !== 'home'
				? {}
				: { command: { ...spec.command, cwd } }),
			...(row.payload === null ? {} : { payload: row.payload.toString() }),
		});
	}

	return {
		bringBack,
		run: (params: Params<'fleet/migrate'>): Promise<Migrated> =>
			params.direction === 'out' ? out(params) : back(params),
	};
}

function whyItStays(row: SentRow): string | undefined {
	const { place, recipe, secrets } = envelopeOf(row);
	if (row.cancelling !== 0) return 'it is being cancelled';
	if (row.needs_approval === 1) return 'it waits for the approval of a person';
	if (recipe !== undefined) return 'it is a recipe of another machine';
	if (secrets.length > 0) return 'it needs secrets that this machine does not know';
	if (place.kind !== 'home') return 'the folder that it runs in is none of this machine';
	const shared = row.payload === null ? undefined : row.payload;
	if (shared !== undefined && !shared.equals(Buffer.from(shared.toString()))) {
		return 'its input is no text';
	}
	return undefined;
}

async function contentOf(source: PayloadSource): Promise<Buffer> {
	const file = await source.layOut();
	try {
		return await readFile(file.path);
	} finally {
		await file.remove();
	}
}

const emptyResult = (): Migrated => ({ count: 0, moved: [], skipped: [], skippedCount: 0 });

function moved(result: Migrated, id: string, to: string | null): void {
	result.count++;
	if (result.moved.length < NAMED) result.moved.push({ id, to });
}

function skipped(result: Migrated, id: string, title: string, reason: string): void {
	result.skippedCount++;
	if (result.skipped.length < NAMED) result.skipped.push({ id, title, reason });
}

/** Why one stays; all else is nobody's intention. */
function isReason(error: unknown): error is SemanticaError {
	return (
		error instanceof SemanticaError &&
		['CONFLICT', 'VALIDATION', 'TOO_LARGE', 'PAYLOAD_LOST', 'NOT_FOUND'].includes(error.kind)
	);
}
