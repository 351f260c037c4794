/** The workers that the daemon starts itself, in config.json. */
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import {
	STARTED_WORKERS,
	type StartedWorker,
	startedWorkerSchema,
} from '../../shared/protocol/startedWorkers.ts';
import type { Config } from './config.ts';

const storedSchema = z
	.array(startedWorkerSchema)
	.max(STARTED_WORKERS.most)
	.refine((workers) => new Set(workers.map(({ name }) => name)).size === workers.length, {
		error: 'two workers have the same "name"',
	})
	.refine(
		(workers) => {
			const types = workers.flatMap((worker) => worker.types);
			return new Set(types).size === types.length;
		},
		{ error: 'two workers do the same type' },
	);

export interface WorkerEntries {
	readonly all: readonly StartedWorker[];
	/** @throws SemanticaError CONFLICT where there are too many, another one does a type of it, or those in the file are not valid */
	put(worker: StartedWorker): void;
	/** @throws SemanticaError NOT_FOUND, or CONFLICT where those in the file are not valid */
	remove(name: string): void;
}

export function openWorkerEntries(config: Config, warn: (sentence: string) => void): WorkerEntries {
	const parsed = storedSchema.safeParse(config.content.workers ?? []);
	let all: readonly StartedWorker[] = parsed.success ? parsed.data : [];
	const problem = parsed.success
		? undefined
		: `The workers in ${config.file} are not valid, so none is started: ${z.prettifyError(parsed.error)}`;
	if (problem !== undefined) warn(problem);

	function assertValid(): void {
		if (problem === undefined) return;
		throw new SemanticaError(
			'CONFLICT',
			`${problem}\nMend them there, or remove them, and restart the daemon.`,
		);
	}

	function write(next: readonly StartedWorker[]): void {
		config.write({ workers: next });
		all = next;
	}

	return {
		get all() {
			return all;
		},
		put(worker) {
			assertValid();
			const others = all.filter(({ name }) => name !== worker.name);
			if (others.length >= STARTED_WORKERS.most) {
				throw new SemanticaError(
					'CONFLICT',
					`There may be ${STARTED_WORKERS.most} such workers at most. Remove some first.`,
				);
			}
			for (const [i, type] of worker.types.entries()) {
				const other = others.find(({ types }) => types.includes(type));
				if (other === undefined) continue;
				throw new SemanticaError(
					'CONFLICT',
					`${type} is done by the worker ${other.name} already. Remove that one first, or leave the type to it.`,
					{ path: `types[${i}]` },
				);
			}
			write([...others, worker]);
		},
		remove(name) {
			assertValid();
			if (!all.some((worker) => worker.name === name)) throw noWorker(name);
			write(all.filter((worker) => worker.name !== name));
		},
	};
}

function noWorker(name: string): SemanticaError {
	return new SemanticaError(
		'NOT_FOUND',
		`There is no worker ${name} that the daemon starts. "semantica worker list" shows those that there are.`,
		{ path: 'name' },
	);
}
