/** The shared queue's functions, called by whatever runs one statement: a pooled connection, or one of its own. */
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import {
	cancelSchema,
	changesSchema,
	claimSchema,
	enqueueSchema,
	FLEET_PROTOCOL,
	finishManySchema,
	finishSchema,
	helloSchema,
	logPieceSchema,
	nodesSchema,
	orderPauseSchema,
	type SharedQueue,
	sharedJobSchema,
	syncSchema,
} from './port.ts';

/** Runs `SELECT fleet.<name>($1::jsonb)` and resolves with what it gave. */
export type Call = (name: string, q: Record<string, unknown>) => Promise<unknown>;

/** @param node the id of the machine that speaks */
export function createCalls(node: string, call: Call, close: () => Promise<void>): SharedQueue {
	async function ask<S extends z.ZodType>(
		name: string,
		q: Record<string, unknown>,
		answer: S,
	): Promise<z.output<S>> {
		const parsed = answer.safeParse(await call(name, { node, ...q }));
		if (parsed.success) return parsed.data;
		throw new SemanticaError(
			'SYSTEM',
			`The shared queue answered "${name}" in a way that this version does not understand (${z.prettifyError(parsed.error)}). Whoever runs the database brings it up to date with: semantica fleet init`,
		);
	}
	const nothing = z.unknown();
	return {
		hello: (joining) => ask('hello', { protocol: FLEET_PROTOCOL, ...joining }, helloSchema),
		sync: (epoch, load, needsAfter) => ask('sync', { epoch, load, needsAfter }, syncSchema),
		claim: (epoch, needs, n, needsAfter) =>
			ask('claim', { epoch, needs, n, needsAfter }, claimSchema),
		begin: async (epoch, { id, lease }) =>
			(await ask('begin', { epoch, id, lease }, z.object({ begun: z.boolean() }))).begun,
		finish: async ({ id, lease, state, report, signature, tail }) =>
			(await ask('finish', { id, lease, state, report, signature, tail }, finishSchema)).taken,
		finishMany: async (reports) => (await ask('finish_many', { reports }, finishManySchema)).taken,
		giveBack: async ({ id, lease }) =>
			(await ask('give_back', { id, lease }, z.object({ back: z.boolean() }))).back,
		enqueue: async (jobs) => (await ask('enqueue', { jobs }, enqueueSchema)).jobs,
		async putChunk(id, n, data) {
			await ask('put_chunk', { id, n, data }, nothing);
		},
		arrived: async (id) =>
			(await ask('arrived', { id }, z.object({ state: z.int().nullable() }))).state,
		getChunk: async ({ id, lease }, n) =>
			(await ask('get_chunk', { id, lease, n }, z.object({ data: z.string().nullable() }))).data,
		cancel: async (id, order, signature) =>
			(await ask('cancel', { id, order, signature }, cancelSchema)).done,
		orderPause: async (id, wanted, sealed) =>
			(await ask('order_pause', { id, wanted, ...sealed }, orderPauseSchema)).done,
		async tellPaused({ id, lease }, paused, refusal) {
			await ask('tell_paused', { id, lease, paused, refusal }, nothing);
		},
		withdraw: async (id) =>
			(await ask('withdraw', { id }, z.object({ withdrawn: z.boolean() }))).withdrawn,
		delay: async (id, runAt) =>
			(await ask('delay', { id, runAt }, z.object({ waits: z.boolean() }))).waits,
		changes: (since, mine) => ask('changes', { since, mine }, changesSchema),
		get: (id) => ask('get', { id }, sharedJobSchema.nullable()),
		list: async (query) =>
			(await ask('list', { ...query }, z.object({ jobs: z.array(sharedJobSchema) }))).jobs,
		nodes: () => ask('nodes', {}, nodesSchema),
		async wish(id) {
			await ask('wish', { id }, nothing);
		},
		putLog: async ({ id, lease }, at, data) =>
			(await ask('put_log', { id, lease, at, data }, z.object({ wished: z.boolean() }))).wished,
		readLog: (id, from) => ask('read_log', { id, from }, logPieceSchema),
		async leave() {
			await ask('leave', {}, nothing);
		},
		close,
	};
}
