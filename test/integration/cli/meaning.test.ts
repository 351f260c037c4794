/** `semantica index meaning`: what is shown before anything is sent, and what it says. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Result } from '../../../shared/protocol/requests.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { startEmbeddings } from '../../support/embeddings.ts';
import { createCli } from './cli.ts';
import { startTerminal } from './terminal.ts';

async function setUp() {
	const cli = createCli();
	const folder = realpathSync(temporaryFolder());
	mkdirSync(join(folder, 'src'));
	writeFileSync(join(folder, 'src/purge.ts'), 'export function purgeCustomer() {}\n');
	writeFileSync(join(folder, 'src/clock.ts'), 'export function nextDay() {}\n');
	const server = await startEmbeddings();
	onTestFinished(() => server.close());
	expect((await cli.run(['index', folder, '--wait'])).code).toBe(0);
	const on = ['index', 'meaning', 'on', '--endpoint', `${server.origin}/v1`, '--model', 'simple'];
	return { cli, folder, server, on };
}

test('without a terminal it takes a yes; then it embeds, finds, says how it is, and ends', async () => {
	const { cli, folder, server, on } = await setUp();
	const unasked = await cli.run(on, { cwd: folder });
	expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
	const keyless = await cli.run([...on, '--yes', '--key-stdin'], { cwd: folder, input: '\n' });
	expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining('no key')]);
	const missing = await cli.run([...on, temporaryFolder(), '--yes']);
	expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('not indexed yet')]);
	expect(server.asked).toEqual([]);

	const started = await cli.run([...on, '--yes', '--key-stdin', '--wait'], {
		cwd: folder,
		input: 'sk-test\n',
	});
	expect([started.code, started.stderr]).toEqual([0, '']);
	expect(started.stdout).toContain(
		`${folder}\n  sent to   ${server.origin}/v1/embeddings, model simple\n  now       2 parts of 2 files: 62 characters, some 16 tokens, 1 request\n`,
	);
	expect(server.asked.map(({ key }) => key)).toEqual(['sk-test']);

	const { hits } = await cli.json<Result<'index/search'>>(['search', 'delete this person'], {
		cwd: folder,
	});
	expect(hits[0]).toMatchObject({ path: 'src/purge.ts', kind: 'meaning' });
	const status = await cli.run(['index', 'status'], { cwd: folder });
	expect(status.stdout).toMatch(
		/^ {2}meaning {3}on, http:\/\/127\.0\.0\.1:\d+\/v1\/embeddings: 2 parts by simple, \d.*[^d]$/m,
	);

	const off = await cli.run(['index', 'meaning', 'off'], { cwd: folder });
	expect([off.code, off.stdout]).toEqual([
		0,
		'Switched off. Its vectors stay: delete them with --delete.\n',
	]);
	expect((await cli.run(['index', 'status'], { cwd: folder })).stdout).toMatch(
		/^ {2}meaning {3}off; kept are 2 parts by simple/m,
	);
	const gone = await cli.run(['index', 'meaning', 'off', '--delete'], { cwd: folder });
	expect([gone.code, gone.stdout]).toEqual([0, 'Its vectors are deleted.\n']);
	const again = await cli.run(['index', 'meaning', 'off'], { cwd: folder });
	expect([again.code, again.stderr]).toEqual([
		1,
		expect.stringContaining('is not searched by meaning'),
	]);
	expect((await cli.run(['index', 'status'], { cwd: folder })).stdout).not.toContain('meaning');
});

test('on a terminal it shows what would be sent, and only a yes is one', async (context) => {
	const { cli, folder, server, on } = await setUp();
	const refused = startTerminal(context, cli, on.join(' '), folder);
	await refused.shows('[y/N]');
	refused.type('n\r');
	const said = await refused.ended;
	expect(said).toContain('never     what is ignored or excluded');
	expect(said).toContain('Nothing was changed, and nothing sent.');
	expect(server.asked).toEqual([]);
	const agreed = startTerminal(context, cli, `${on.join(' ')} --wait`, folder);
	await agreed.shows('[y/N]');
	agreed.type('y\r');
	await agreed.ended;
	expect(server.texts()).toHaveLength(2);
	const found = startTerminal(context, cli, 'search delete this person', folder);
	expect(await found.ended).toContain('by meaning: ');
});
