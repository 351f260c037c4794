/** Machines of a shared queue: command lines on data folders of their own, whose daemons joined it. */
import { expect, onTestFinished } from 'vitest';
import { connectOver, type DaemonConnection } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import type { Job } from '../../../shared/job.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { FleetStatus } from '../../../shared/protocol/fleet.ts';
import type { Method, ParamsInput, Result } from '../../../shared/protocol/requests.ts';
import { type Cli, createCli } from '../../integration/cli/cli.ts';
import { gone } from '../daemon.ts';
import type { FleetServers } from './servers.ts';

export interface FleetMachine extends Cli {
	readonly name: string;
	readonly key: string;
	/** Asks its daemon, over a connection that is kept while there is one. */
	ask<M extends Method>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
	/** Runs a command elsewhere; resolves with the job's id. */
	submit(...args: string[]): Promise<string>;
	job(id: string): Promise<Job>;
	/** Why it waits, in a line. */
	why(id: string): Promise<string>;
	accept(key: string, more?: Partial<ParamsInput<'fleet/accept'>>): Promise<void>;
	status(): Promise<FleetStatus>;
	/** SIGKILL of its daemon; what is asked next starts another one. */
	kill(): Promise<void>;
}

/** Joins under a login of the same name. */
export async function joinMachine(
	servers: FleetServers,
	name: string,
	{
		address = servers.address(name, 'bouncer'),
		home,
		more = [],
	}: { address?: string; home?: string; more?: readonly string[] } = {},
): Promise<FleetMachine> {
	const cli = createCli(home === undefined ? {} : { home });
	const env = { HOME: cli.home, CI: 'true' };
	const run: Cli['run'] = (args, options) =>
		cli.run(args, { ...options, env: { ...env, ...options?.env } });
	const joined = await run(['fleet', 'join', address, '--name', name, ...more, '--json']);
	expect([joined.code, joined.stderr]).toEqual([0, '']);
	const json: Cli['json'] = (args, options) =>
		cli.json(args, { ...options, env: { ...env, ...options?.env } });
	const paths = dataPaths(cli.home);
	let open: Promise<DaemonConnection> | undefined;
	async function connection(): Promise<DaemonConnection> {
		// The CLI starts a daemon where none runs.
		if ((await cli.daemonPid()) === undefined) await run(['daemon', 'start']);
		const endpoint = (await readStateFile(paths))?.endpoint ?? '';
		const token = await readToken(paths);
		const made = await connectOver(await openSocket(endpoint), {
			token,
			version: '0',
			client: 'test',
		});
		void made.closed.then(() => {
			open = undefined;
		});
		return made;
	}
	onTestFinished(async () => (await open?.catch(() => undefined))?.dispose());
	const ask: FleetMachine['ask'] = async (method, params) => {
		open ??= connection().catch((error: unknown) => {
			open = undefined;
			throw error;
		});
		return (await open).request(method, params);
	};
	return {
		...cli,
		ask,
		run,
		json,
		start: (args, options) => cli.start(args, { ...options, env: { ...env, ...options?.env } }),
		name,
		key: (JSON.parse(joined.stdout) as { key: string }).key,
		async submit(...args) {
			const { code, stdout, stderr } = await run(['run', ...args]);
			expect([code, stderr]).toEqual([0, expect.any(String)]);
			return stdout.trim().slice(-36);
		},
		job: async (id) => (await ask('job/get', { id })).job,
		why: async (id) => (await ask('job/explain', { id })).summary ?? '',
		status: () => ask('fleet/status', {}),
		async kill() {
			const dying = await open?.catch(() => undefined);
			const pid = (await cli.daemonPid()) ?? 0;
			process.kill(pid, 'SIGKILL');
			await Promise.all([gone(pid), dying?.closed]);
		},
		async accept(key, more = {}) {
			await ask('fleet/accept', { key, ...more } as ParamsInput<'fleet/accept'>);
		},
	};
}

/** Resolves with the job once it is so. */
export async function jobThat(
	machine: FleetMachine,
	id: string,
	is: (job: Job) => boolean,
): Promise<Job> {
	let job: Job | undefined;
	await expect
		.poll(
			async () => {
				job = await machine.job(id);
				return is(job) ? 'so' : `${job.state} ${job.error?.message ?? ''}`;
			},
			{ timeout: 120_000, interval: 50 },
		)
		.toBe('so');
	return job as Job;
}

export const finished = (job: Job): boolean => job.finishedAt !== null;
