/** `semantica errors`, and errors in `show`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createCli } from './cli.ts';

it('shows what a job reported, as compilers print it', async () => {
	const cli = createCli();
	const line =
		'i=1; while [ $i -lt 9 ]; do echo "a$i.c:$i:2: error: bad [-Wx]"; i=$((i+1)); done; exit 1';
	const { stdout } = await cli.run(['run', '--errors', 'gcc', '--', 'sh', '-c', line]);
	const id = stdout.trim();
	expect((await cli.run(['wait', id])).code).toBe(4);
	const errors = await cli.run(['errors', id]);
	expect([errors.code, errors.stdout.split('\n').slice(0, 2)]).toEqual([
		0,
		['a1.c:1:2: error: bad [-Wx]', 'a2.c:2:2: error: bad [-Wx]'],
	]);
	const json = JSON.parse((await cli.run(['errors', id, '--json'])).stdout);
	expect(json.counts.errors).toBe(8);
	expect(json.problems[7]).toMatchObject({ line: 8, code: '-Wx', source: 'gcc' });
	const shown = (await cli.run(['show', id])).stdout;
	expect(shown).toMatch(/8 errors\n {2}a1\.c:1:2: error: bad \[-Wx\]\n/);
	expect(shown).toContain(`all of them: semantica errors ${id.slice(-8)}`);

	const own = join(cli.home, 'matcher.json');
	writeFileSync(own, '{"pattern":{"regexp":"^BAD (\\\\w+)$","message":1,"file":0}}');
	const other = await cli.run(['run', '--wait', '--errors', own, '--', 'echo', 'BAD x']);
	expect(other.code).toBe(0);
	for (const [matcher, words] of [
		['nope', 'Matchers: tsc, eslint-stylish'],
		[own.replace('matcher', 'none'), 'neither a matcher nor a file'],
	] as const) {
		const refused = await cli.run(['run', '--errors', matcher, '--', 'true']);
		expect([refused.code, refused.stderr.replaceAll(/\s+/g, ' ')]).toEqual([
			2,
			expect.stringContaining(words),
		]);
	}
	writeFileSync(own, '{"pattern":{"regexp":"(?=x)"}}');
	const look = await cli.run(['run', '--errors', own, '--', 'true']);
	expect(look.code).toBe(1);
	expect(look.stderr.replaceAll(/\s+/g, ' ')).toContain('Lookaround and backreferences');
	writeFileSync(own, '{"pattern":{"regex":"x"}}');
	expect((await cli.run(['run', '--errors', own, '--', 'true'])).code).toBe(1);
});
