/** The workers that the daemon starts itself: which there are, and who of them is wanted. */
import { join } from 'node:path';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Command } from '../../../shared/jobFields.ts';
import type { Params, Result } from '../../../shared/protocol/requests.ts';
import type { StartedWorker } from '../../../shared/protocol/startedWorkers.ts';
import type { Clock } from '../../queue/ports/clock.ts';
import type { LaunchPlan } from '../../queue/ports/handlers.ts';
import type { Worker } from '../registry.ts';
import { createHost, type Host } from './host.ts';
import type { Standing } from './standing.ts';

/** As config.json keeps them. */
export interface WorkerEntries {
	readonly all: readonly StartedWorker[];
	/** @throws SemanticaError CONFLICT */
	put(worker: StartedWorker): void;
	/** @throws SemanticaError NOT_FOUND or CONFLICT */
	remove(name: string): void;
}

export interface Hosts {
	/** A job of this type could start, and nobody is there for it. */
	wanted(type: string): void;
	/** Who does it is there, or comes when there is work. */
	serves(type: string): boolean;
	any(): boolean;
	/** Why a job of this type waits, where a worker of ours is what it waits for. */
	unmet(type: string): string | undefined;
	loadChanged(worker: Worker): void;
	list(): Result<'worker/list'>;
	add(params: Params<'worker/add'>): Promise<Result<'worker/add'>>;
	remove(params: Params<'worker/remove'>): Promise<Result<'worker/remove'>>;
	restart(params: Params<'worker/restart'>): Promise<Result<'worker/restart'>>;
	/** Of broken ones. */
	check(): readonly { readonly ok: boolean; readonly message: string }[];
	/** Starts none any more. */
	drain(): void;
	/** Resolves when nothing of them is left. */
	close(): Promise<void>;
}

export interface HostsOptions {
	readonly entries: WorkerEntries;
	readonly clock: Clock;
	readonly logFolder: string;
	readonly planOf: (command: Command) => LaunchPlan;
	readonly start: (launch: {
		readonly name: string;
		readonly types: readonly string[];
		readonly plan: LaunchPlan;
		readonly logFile: string;
		readonly isBuiltIn: false;
		readonly onRegistered: (worker: Worker) => void;
	}) => Standing;
	/** Nothing more is given to it, and its end is our doing. */
	readonly retire: (worker: Worker) => void;
	readonly changed: () => void;
	readonly warn: (sentence: string) => void;
}

export function createHosts(options: HostsOptions): Hosts {
	const { entries, clock, changed, warn } = options;
	const hosts = new Map<string, Host>();
	const byWorker = new WeakMap<Worker, Host>();
	let draining = false;
	for (const entry of entries.all) hosts.set(entry.name, open(entry));

	function open(entry: StartedWorker): Host {
		const { name, types } = entry;
		const logFile = join(options.logFolder, `${name}.log`);
		const host = createHost(entry, {
			clock,
			logFile,
			changed,
			warn,
			retire: options.retire,
			start: (onRegistered) =>
				options.start({
					name,
					types,
					plan: options.planOf(entry.command),
					logFile,
					isBuiltIn: false,
					onRegistered(worker) {
						byWorker.set(worker, host);
						onRegistered(worker);
					},
				}),
		});
		return host;
	}

	function of(type: string): Host | undefined {
		for (const host of hosts.values()) if (host.entry.types.includes(type)) return host;
		return undefined;
	}

	function named(name: string): Host {
		const host = hosts.get(name);
		if (host !== undefined) return host;
		throw new SemanticaError(
			'NOT_FOUND',
			`There is no worker ${name} that the daemon starts. "semantica worker list" shows those that there are.`,
			{ path: 'name' },
		);
	}

	return {
		wanted(type) {
			if (!draining) of(type)?.wanted();
		},
		serves: (type) => of(type)?.serves === true,
		any: () => hosts.size > 0,
		unmet: (type) => of(type)?.unmet(),
		loadChanged: (worker) => byWorker.get(worker)?.loadChanged(),
		list: () => ({
			workers: [...hosts.values()]
				.map((host) => host.shown())
				.sort((a, b) => (a.name < b.name ? -1 : 1)),
		}),
		async add(entry) {
			const before = hosts.get(entry.name);
			entries.put(entry);
			await before?.end();
			const host = open(entry);
			hosts.set(entry.name, host);
			changed();
			return { worker: host.shown(), replaced: before !== undefined };
		},
		async remove({ name }) {
			const host = named(name);
			entries.remove(name);
			hosts.delete(name);
			await host.end();
			changed();
			return {};
		},
		async restart({ name }) {
			const host = named(name);
			await host.end();
			changed();
			return { worker: host.shown() };
		},
		check: () =>
			[...hosts.values()]
				.filter((host) => !host.serves)
				.map((host) => ({
					ok: false,
					message: `${host.unmet()?.replace(/^waits for its/, 'The')}`,
				})),
		drain() {
			draining = true;
		},
		async close() {
			draining = true;
			await Promise.all([...hosts.values()].map((host) => host.end()));
		},
	};
}
