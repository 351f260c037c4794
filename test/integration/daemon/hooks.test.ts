/** Hooks on a real daemon: who may set them, what stands in config.json, and what their command finds. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ERROR_CODES, RPC_CODES } from '../../../shared/errors.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import {
	enqueue,
	jobEnd,
	readWholeLog,
	runToEnd,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';

type NewHook = NonNullable<ParamsInput<'hooks/update'>['add']>[number];

const hook = (command: string, more: Partial<NewHook> = {}): NewHook => ({
	on: 'ended',
	command: { command, shell: true },
	...more,
});

async function jobsOfHooks(connection: DaemonConnection): Promise<string[]> {
	const { jobs } = await connection.request('job/list', {
		filter: { queue: ['hooks'] },
		sort: 'createdAt',
	});
	return jobs.map(({ id }) => id);
}

/** Begun with the commit of an end, which whoever waits for that end may hear of a moment earlier. */
async function nthHook(connection: DaemonConnection, n: number): Promise<string> {
	for (const end = Date.now() + 30_000; Date.now() < end; await delay(20)) {
		const id = (await jobsOfHooks(connection))[n];
		if (id !== undefined) return id;
	}
	throw new Error(`No ${n + 1} hooks began.`);
}

describe('the command of a hook', () => {
	test('finds what ended in its environment, its own words as they are, and runs after a restart', async () => {
		const folder = temporaryFolder();
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const env = { GREETING: 'a b' };
		await connection.request('hooks/update', {
			add: [
				hook('env | grep -E "^(SEMANTICA_HOOK|GREETING)" | sort; pwd', {
					on: 'failed',
					filter: { tag: 'told', workspace: pathToFileURL(folder).href },
					command: {
						command: 'env | grep -E "^(SEMANTICA_HOOK|GREETING)" | sort; pwd',
						shell: true,
						env,
						cwd: folder,
					},
				}),
			],
		});
		await daemon.kill();
		await daemon.restart();
		const again = await daemon.connect();
		const workspace = pathToFileURL(folder).href;
		const title = `it's "$(touch x)" \`y\` $HOME`;
		const [other = '', id = ''] = await enqueue(
			again,
			shell('exit 1', { workspace }),
			shell('exit 9', { workspace, tag: 'told', title }),
		);
		await jobEnd(daemon, other);
		await jobEnd(daemon, id);
		const begun = await nthHook(again, 0);
		const job = await jobEnd(daemon, begun);
		expect(job).toMatchObject({ state: 'succeeded', queue: 'hooks', origin: 'hook/1' });
		// The log names the command first.
		const lines = (await readWholeLog(again, begun)).trim().split('\n').slice(1);
		expect(lines).toEqual([
			'GREETING=a b',
			'SEMANTICA_HOOK=1',
			'SEMANTICA_HOOK_COUNT=1',
			'SEMANTICA_HOOK_ERROR=The process ended with exit code 9. Its log says why.',
			'SEMANTICA_HOOK_EXIT_CODE=9',
			`SEMANTICA_HOOK_JOB_ID=${id}`,
			'SEMANTICA_HOOK_ORIGIN=test',
			'SEMANTICA_HOOK_QUEUE=default',
			'SEMANTICA_HOOK_SIGNAL=',
			'SEMANTICA_HOOK_STATE=failed',
			'SEMANTICA_HOOK_STOP_REASON=exit',
			'SEMANTICA_HOOK_TAG=told',
			`SEMANTICA_HOOK_TEXT=${title} failed, exit code 9`,
			`SEMANTICA_HOOK_TITLE=${title}`,
			'SEMANTICA_HOOK_TYPE=command',
			`SEMANTICA_HOOK_WORKSPACE=${workspace}`,
			folder,
		]);
		expect(await jobsOfHooks(again)).toEqual([begun]);
	});

	test('sets off no hook by its own end, whatever it enqueues', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const cli = `"$NODE" "${process.cwd()}/dist/cli.js" run --wait -- false`;
		const command = { command: `${cli}; exit 0`, shell: true, env: { NODE: process.execPath } };
		await connection.request('hooks/update', { add: [{ on: 'ended', command }] });
		await runToEnd(daemon, connection, shell('true'));
		const begun = await nthHook(connection, 0);
		expect(await jobEnd(daemon, begun)).toMatchObject({ state: 'failed', children: { failed: 1 } });
		await runToEnd(daemon, connection, shell('true'));
		await nthHook(connection, 1);
		expect(await jobsOfHooks(connection)).toHaveLength(2);
	});
});

describe('hooks', () => {
	test('keep their numbers, show no values, and stand in config.json beside the settings', async () => {
		const daemon = await startDaemon({ config: { minBattery: 7 } });
		const connection = await daemon.connect();
		const secret = hook('one', { command: { command: 'one', env: { TOKEN: 'secret' } } });
		const { added, hooks } = await connection.request('hooks/update', {
			add: [secret, hook('two'), hook('three')],
		});
		expect(added).toEqual([1, 2, 3]);
		expect(hooks[0]).toEqual({
			n: 1,
			on: 'ended',
			filter: {},
			command: { command: 'one', args: [], cwd: null, env: ['TOKEN'], shell: false },
		});
		const changed = await connection.request('hooks/update', { remove: [2], add: [hook('four')] });
		expect(changed.added).toEqual([4]);
		expect(changed.hooks.map(({ n }) => n)).toEqual([1, 3, 4]);
		const { revision } = await connection.request('settings/get', {});
		await connection.request('settings/update', { values: { idleQuietMs: 30_000 }, revision });
		await daemon.kill();
		const kept = JSON.parse(readFileSync(daemon.paths.config, 'utf8')) as Record<string, unknown>;
		expect(kept).toMatchObject({
			minBattery: 7,
			idleQuietMs: 30_000,
			hooks: [{ command: { env: { TOKEN: 'secret' } } }, {}, {}],
		});
		expect(statSync(daemon.paths.config).mode & 0o777).toBe(0o600);
		// By hand, without a number.
		const hand = { ...kept, hooks: [...(kept['hooks'] as object[]), hook('five')] };
		writeFileSync(daemon.paths.config, JSON.stringify(hand));
		await daemon.restart();
		const again = await daemon.connect();
		expect((await again.request('hooks/list', {})).hooks.map(({ n }) => n)).toEqual([1, 3, 4, 5]);
	});

	test.each<[string, object, string]>([
		['nothing', {}, ''],
		['another word', { add: [{ ...hook('x'), on: 'started' }] }, 'add[0].on'],
		['no command', { add: [hook('x'), { on: 'ended' }] }, 'add[1].command'],
		[
			'an unknown filter',
			{ add: [hook('x', { filter: { state: ['failed'] } as never })] },
			'add[0].filter',
		],
		[
			'a relative folder',
			{ add: [hook('x', { command: { command: 'x', cwd: 'here' } })] },
			'add[0].command',
		],
		['a NUL', { add: [hook('x\0')] }, 'add[0].command.command'],
		['too many', { add: Array(51).fill(hook('x')) }, 'add'],
	])('%s is refused by its path', async (_what, params, path) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const refused = await connection.request('hooks/update', params).catch((error) => error);
		expect(refused).toMatchObject({ code: RPC_CODES.invalidParams });
		expect(refused.data.path).toContain(path);
	});

	test('change all together or not at all', async () => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		await connection.request('hooks/update', { add: Array(49).fill(hook('x')) });
		const before = await connection.request('hooks/list', {});
		for (const [params, code] of [
			[{ add: [hook('y')], remove: [1, 70] }, ERROR_CODES.NOT_FOUND],
			[{ add: [hook('y'), hook('z')] }, ERROR_CODES.CONFLICT],
		] as const) {
			await expect(
				connection.request('hooks/update', { ...params, add: [...params.add] } as never),
			).rejects.toMatchObject({ code });
		}
		expect(await connection.request('hooks/list', {})).toEqual(before);
	});

	test('that are not valid do not run, are said to be so, and are not written over', async () => {
		const config = { hooks: [{ on: 'ended' }], minBattery: 7 };
		const daemon = await startDaemon({ config });
		const connection = await daemon.connect();
		const { warnings } = await connection.request('system/status', {});
		expect(warnings.join()).toMatch(/The hooks in .*config\.json are not valid, so none runs/);
		const { values } = await connection.request('settings/get', {});
		expect(values['minBattery']).toBe(7);
		await runToEnd(daemon, connection, shell('true'));
		expect(await jobsOfHooks(connection)).toEqual([]);
		await expect(connection.request('hooks/update', { add: [hook('true')] })).rejects.toMatchObject(
			{ code: ERROR_CODES.CONFLICT },
		);
		await connection.request('settings/update', { values: { minBattery: 8 }, revision: 0 });
		await until(() => readFileSync(daemon.paths.config, 'utf8').includes('8'), 'it is written');
		expect(JSON.parse(readFileSync(daemon.paths.config, 'utf8'))).toMatchObject({
			...config,
			minBattery: 8,
		});
	});
});
