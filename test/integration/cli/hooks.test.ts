/** `semantica hooks`: set, shown, carried out, taken away. */
import { expect, it } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { createCli } from './cli.ts';

it('on the command line a hook is added, runs once for each end, and is removed', async () => {
	const cli = createCli();
	const told = await cli.run([
		...['hooks', 'add', '--on', 'failed', '--tag', 'a b', '--env', 'OWN=x y', '--shell', '--'],
		'echo "$OWN: $SEMANTICA_HOOK_TEXT"',
	]);
	expect(told).toMatchObject({
		code: 0,
		stdout: 'Hook 1: when a job of tag a b fails or expires, echo "$OWN: $SEMANTICA_HOOK_TEXT"\n',
	});
	await cli.run(['run', '--wait', '--', 'false']);
	await cli.run(['run', '--wait', '--tag', 'a b', '--title', 'my job', '--', 'false']);
	const { stdout } = await cli.run(['list', 'queue:hooks', '--json']);
	const { jobs } = JSON.parse(stdout) as Result<'job/list'>;
	expect(jobs.map(({ title, origin }) => [title, origin])).toEqual([
		['Hook 1: my job failed, exit code 1', 'hook/1'],
	]);
	const id = jobs[0]?.id ?? '';
	expect((await cli.run(['wait', id])).code).toBe(0);
	expect((await cli.run(['logs', id])).stdout).toBe('x y: my job failed, exit code 1\n');

	await cli.run(['hooks', 'add', '--on', 'ended', '-q', 'a', '-q', 'b', '--', 'tell', 'it all']);
	const listed = await cli.run(['hooks', 'list']);
	expect(listed.stdout).toMatch(
		/1 +failed +tag a b +echo .*\n.* 2 +ended +queue a or b +tell 'it all'/,
	);
	expect((await cli.run(['hooks', 'remove', '1', '3'])).code).toBe(1);
	expect((await cli.run(['hooks', 'remove', '1'])).stderr).toBe('Hook 1 is removed.\n');
	const left = JSON.parse((await cli.run(['hooks', 'list', '--json'])).stdout);
	expect((left as Result<'hooks/list'>).hooks.map(({ n }) => n)).toEqual([2]);
	await cli.run(['hooks', 'remove', '2']);
	expect((await cli.run(['hooks', 'list'])).stderr).toContain('No hooks yet. Try: semantica hooks');
}, 90_000);

it.each([
	[['hooks', 'add', '--', 'ls'], "required option '--on <what>'"],
	[['hooks', 'add', '--on', 'started', '--', 'ls'], 'Allowed choices are failed, ended'],
	[['hooks', 'add', '--on', 'ended', 'ls -l'], 'semantica hooks add --on ended --shell'],
	[['hooks', 'remove', 'first'], 'is not a whole number'],
])('%j is a mistake', async (args, message) => {
	const { code, stderr } = await createCli().run(args);
	expect(stderr).toContain(message);
	expect(code).toBe(2);
});
