/** Who hears of the end of what was started on the command line. */
import { expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';
import { runInTerminal } from './terminal.ts';

it('a person at a terminal who does not wait, of a failure; scripts as they ask', async (context) => {
	const cli = createCli();
	const folder = temporaryFolder();
	const notifyOf = async (id: string) => {
		const { stdout } = await cli.run(['show', id, '--json']);
		return (JSON.parse(stdout) as Result<'job/get'>).job.notify;
	};
	const started = async (...options: string[]) => {
		const { stdout } = await cli.run(['run', ...options, '--', 'true']);
		return notifyOf(stdout.trim());
	};
	expect(await started()).toBe('never');
	expect(await started('--notify')).toBe('ended');
	expect(await started('--notify', 'failed')).toBe('failed');
	expect((await cli.run(['run', '--notify', 'sometimes', '--', 'true'])).stderr).toContain(
		'Allowed choices are never, failed, long, ended',
	);
	const typed = async (line: string) => {
		await runInTerminal(context, cli, `run --title '${line}' ${line} -- true`, folder);
		const { stdout } = await cli.run(['list', '--json', '--text', line]);
		return (JSON.parse(stdout) as Result<'job/list'>).jobs[0]?.notify;
	};
	expect(await typed('--json')).toBe('failed');
	expect(await typed('--wait')).toBe('never');
	expect(await typed('--notify never')).toBe('never');
	const { stdout } = await cli.run(['run', '--notify', '--', 'true']);
	expect((await cli.run(['show', stdout.trim()])).stdout).toMatch(/told +when it ends/);
}, 90_000);
