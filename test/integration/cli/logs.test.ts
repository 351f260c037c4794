/** `semantica logs`: the end, a time, a pattern, times in front. */
import { expect, it } from 'vitest';
import { hasTerminals } from '../../support/terminals.ts';
import { createCli } from './cli.ts';

const TIME = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d';

it('begins with the last lines or a time, says when lines were written, and finds them', async () => {
	const cli = createCli();
	const line = 'for i in 1 2 3 4 5 6; do echo line $i; done; echo an error; printf tail';
	const { stdout: printed } = await cli.run(['run', '--', 'sh', '-c', line]);
	const id = printed.trim();
	expect((await cli.run(['wait', id])).code).toBe(0);
	const logs = async (...args: string[]) => {
		const { code, stdout, stderr } = await cli.run(['logs', id, ...args]);
		return { code, stdout, stderr: stderr.replace(/^\S*\[semantica\] run 1.*\n/gm, '') };
	};
	expect((await logs('-n', '2', '--no-follow')).stdout).toBe('an error\ntail');
	expect((await logs('--since', '1h', '-n', '1')).stdout).toBe('tail');
	expect((await logs('--since', '1ms')).stdout).toBe('');

	const timed = await logs('-t', '--only', 'stdout');
	expect(timed.stdout).toMatch(
		new RegExp(`^(${TIME} line \\d\n){6}${TIME} an error\n${TIME} tail$`),
	);
	expect(Math.abs(Date.parse(`${timed.stdout.slice(0, 19)}`) - Date.now())).toBeLessThan(600_000);

	// Line 1 is what Semantica says of the run.
	const found = await logs('--grep', '^LINE [236]|^an', '-i', '-C', '1');
	expect([found.code, found.stdout.split('\n')]).toEqual([
		0,
		[
			'2-line 1',
			'3:line 2',
			'4:line 3',
			'5-line 4',
			'6-line 5',
			'7:line 6',
			'8:an error',
			'9-tail',
			'',
		],
	]);
	expect((await logs('-g', '^line [16]$', '-C', '0')).stdout).toBe('2:line 1\n7:line 6\n');
	expect((await logs('-g', 'line 1', '-F', '-C', '1')).stdout).toMatch(/2:line 1\n3-line 2\n$/);
	expect((await logs('-g', 'error', '-n', '1')).code).toBe(1);
	expect((await logs('-g', '^an', '-t')).stdout).toMatch(new RegExp(`^8:${TIME} an error\n$`));
	const [one] = (await logs('-g', 'tail', '--json')).stdout.trim().split('\n').slice(-1);
	expect(JSON.parse(one ?? '')).toMatchObject({ line: 9, text: 'tail', before: [] });
});

it('refuses what does not go together, and a pattern that is none, with a sentence', async () => {
	const cli = createCli();
	const { stdout } = await cli.run(['run', '--', 'true']);
	const id = stdout.trim();
	for (const [args, words] of [
		[['-C', '2'], 'go with --grep'],
		[['-g', 'x', '-f'], 'cannot be used'],
		[['-g', 'x', '-C', '11'], 'It must be from 0 to 10'],
		[['--since', 'yesterday'], 'is not a time'],
	] as const) {
		const { code, stderr } = await cli.run(['logs', id, ...args]);
		expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
	}
	const bad = await cli.run(['logs', id, '-g', '(']);
	expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('missing closing )')]);
});

it.skipIf(!hasTerminals)(
	'shows what a job wrote to its terminal as text, and as it is',
	async () => {
		const cli = createCli();
		const line = "printf 'one\\ntwo 1\\rtwo 2\\r\\n\\033[31mred\\033[0m'";
		const { stdout } = await cli.run(['run', '--pty', '--', 'sh', '-c', line]);
		const id = stdout.trim();
		expect((await cli.run(['wait', id])).code).toBe(0);
		const logs = async (...args: string[]) => (await cli.run(['logs', id, ...args])).stdout;
		expect(await logs()).toBe('one\ntwo 2\nred');
		expect(await logs('-f')).toBe('one\ntwo 2\nred');
		expect(await logs('--raw')).toBe('one\r\ntwo 1\rtwo 2\r\r\n\u001b[31mred\u001b[0m');
	},
);
