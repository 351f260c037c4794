/** What a person decides about AI tools at a terminal, and nobody else. */
import { realpathSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connectOver } from '../../../shared/client/connection.ts';
import { openSocket, readStateFile, readToken } from '../../../shared/client/endpoint.ts';
import type { Job } from '../../../shared/job.ts';
import { dataPaths } from '../../../shared/paths.ts';
import type { AiConfig } from '../../../shared/protocol/ai.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type Cli, createCli } from './cli.ts';
import { runInTerminal, startTerminal } from './terminal.ts';

async function connectTool(cli: Cli, root: string) {
	const paths = dataPaths(cli.home);
	const state = await readStateFile(paths);
	if (state === undefined) throw new Error('No daemon runs.');
	const token = await readToken(paths);
	const tool = { client: 'mcp/test', version: '0', role: 'tool', root } as const;
	return connectOver(await openSocket(state.endpoint), { token, ...tool });
}

describe('the policy for AI tools', () => {
	test('is shown and changed at a terminal', async (context) => {
		const cli = createCli();
		const folder = realpathSync(temporaryFolder());
		await runInTerminal(context, cli, 'ai allow', folder);
		const rules = await runInTerminal(context, cli, 'ai allow -e CI -- ls -l ...', folder);
		expect(rules).toContain('ls -l …');
		const policy = () => cli.json<AiConfig>(['ai', 'policy']);
		expect(await policy()).toMatchObject({
			run: 'host',
			folders: [folder],
			allow: [{ argv: ['ls', '-l', '…'], env: ['CI'], program: expect.stringMatching(/^\/.*ls$/) }],
		});
		await runInTerminal(context, cli, 'ai policy --run allowlist', folder);
		await runInTerminal(context, cli, 'ai forget -- ls -l ...', folder);
		await runInTerminal(context, cli, 'ai forget', folder);
		expect(await policy()).toEqual({ run: 'allowlist', folders: [], allow: [], fleet: [] });
		const unknown = await runInTerminal(context, cli, 'ai forget -- ls', folder);
		expect(unknown).toContain('semantica ai policy');
	});

	test.each([
		['ai', 'policy', '--run', 'host'],
		['ai', 'allow', '--', 'ls'],
		['ai', 'forget'],
	])('is not changed where nobody is: %s %s', async (...args) => {
		const cli = createCli();
		const { code, stderr } = await cli.run(args);
		expect([code, stderr]).toEqual([1, expect.stringContaining('terminal')]);
	});

	test('is not changed by a job that finds a terminal', async (context) => {
		const cli = createCli();
		const said = await runInTerminal(
			context,
			cli,
			'SEMANTICA_JOB_ID=x S ai policy --run host',
			temporaryFolder(),
		);
		expect(said).toContain('called by a job');
	});
});

describe('approve', () => {
	test('shows exactly what is asked for, and lets it start after a yes', async (context) => {
		const cli = createCli();
		const folder = realpathSync(temporaryFolder());
		await runInTerminal(context, cli, 'S ai allow && S ai policy --run ask', folder);
		const tool = await connectTool(cli, folder);
		const { jobs } = await tool.request('job/enqueue', {
			jobs: [
				{
					type: 'command',
					title: 'npm test',
					command: { command: 'printf', args: ['a\u001b[2K\nb'], cwd: folder, env: { CI: '1' } },
				},
			],
		});
		tool.dispose();
		const id = jobs[0]?.id ?? '';
		expect((await cli.run(['approve'])).stdout).toContain('printf "a\\u{1b}[2K\\nb"');
		expect((await cli.run(['approve', id])).stderr).toContain('terminal');
		const get = async () => (await cli.json<{ job: Job }>(['show', id])).job;
		for (const [answer, needsApproval] of [
			['\r', true],
			['y\r', false],
		] as const) {
			const terminal = startTerminal(context, cli, `approve ${id}`, folder);
			await terminal.shows('Let it run?');
			terminal.type(answer);
			const said = await terminal.ended;
			expect(said).toContain('printf "a\\u{1b}[2K\\nb"');
			expect(said).toContain(folder);
			expect(stripVTControlCharacters(said)).toMatch(/variables +CI/);
			expect((await get()).needsApproval).toBe(needsApproval);
		}
		await expect.poll(async () => (await get()).state, { timeout: 20_000 }).toBe('succeeded');
	});
});
