/** Answering jobs from the command line. */
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Job } from '../../../shared/job.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { type Cli, createCli } from './cli.ts';
import { startTerminal } from './terminal.ts';

const QUESTION = {
	id: 'v',
	question: 'Which version\u001b[2K is it?',
	schema: {
		type: 'object',
		properties: {
			version: { type: 'integer', minimum: 2, title: 'Version' },
			publish: { type: 'boolean', default: false },
		},
		required: ['version'],
	},
};
const ONE = {
	id: 'v',
	question: 'Go on?',
	schema: { type: 'object', properties: { go: { type: 'boolean' } } },
};
const waits =
	'; while [ ! -e "$SEMANTICA_ANSWERS_DIR/v.json" ]; do sleep 0.05; done; cat "$SEMANTICA_ANSWERS_DIR/v.json"';

/** Resolves with its id once it asks. */
async function startAsking(cli: Cli, question: object): Promise<string> {
	const line = `echo '::semantica ask ${JSON.stringify(question)}'${waits}`;
	const { stdout } = await cli.run(['run', '--title', 'release', '--', 'sh', '-c', line]);
	const id = stdout.trim().slice(-36);
	await expect
		.poll(async () => (await jobOf(cli, id)).question, { timeout: 20_000 })
		.not.toBeNull();
	return id;
}
const jobOf = async (cli: Cli, id: string) => (await cli.json<{ job: Job }>(['show', id])).job;

test('a job’s question is shown, completed, and answered in one line', async () => {
	const cli = createCli();
	const id = await startAsking(cli, ONE);
	const short = id.slice(-8);
	for (const args of [['list'], ['show', id], ['explain', id], ['answer']]) {
		const { stdout } = await cli.run(args);
		expect(stdout, args[0]).toContain('Go on?');
	}
	expect((await cli.run(['explain', id])).stdout).toContain(`semantica answer ${short}`);
	const words = await cli.run(['completions', 'bash', '--words', '--', 'answer', '']);
	expect(words.stdout).toContain(short);
	const bare = await cli.run(['answer', short]);
	expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining('--field go=…  yes or no')]);
	const wrong = await cli.run(['answer', short, 'perhaps']);
	expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('must be true or false')]);
	expect((await cli.run(['answer', short, 'yes'])).stdout).toContain('Answered.');
	const { stdout } = await cli.run(['logs', '-f', id]);
	expect(stdout).toContain('{"go":true}\n');
	expect((await cli.run(['answer', id, 'yes'])).stderr).toContain('asks nothing');
	expect((await cli.run(['answer'])).stdout).toContain('No job waits for an answer.');
});

test('several fields are given by name or as JSON', async () => {
	const cli = createCli();
	const byName = await startAsking(cli, QUESTION);
	const one = await cli.run(['answer', byName, '3']);
	expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('version, publish')]);
	const few = await cli.run(['answer', byName, '-f', 'publish=no']);
	expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('needs "version"')]);
	await cli.json(['answer', byName, '-f', 'version=3', '-f', 'publish=y', '--json']);
	const asJson = await startAsking(cli, QUESTION);
	await cli.json(['answer', asJson, '{"version": 4}', '--json']);
	expect((await cli.run(['logs', '-f', byName])).stdout).toContain('{"version":3,"publish":true}');
	expect((await cli.run(['logs', '-f', asJson])).stdout).toContain('{"version":4}');
});

test('at a terminal each field is asked for, until it fits', async (context) => {
	const cli = createCli();
	const id = await startAsking(cli, QUESTION);
	const terminal = startTerminal(context, cli, `answer ${id}`, temporaryFolder());
	await terminal.shows('Version (a whole number from 2): ');
	terminal.type('1\r');
	await terminal.shows('must be at least 2');
	terminal.type('5\r');
	await terminal.shows('publish (yes or no) [false]: ');
	terminal.type('\r');
	const said = await terminal.ended;
	expect(said).toContain('Which version');
	expect(said).not.toContain('version\u001b[2K');
	expect(stripVTControlCharacters(said)).toContain('Answered.');
	expect((await cli.run(['logs', '-f', id])).stdout).toContain('{"version":5,"publish":false}');
});

test('who leaves has answered nothing', async (context) => {
	const cli = createCli();
	const id = await startAsking(cli, QUESTION);
	const terminal = startTerminal(context, cli, `answer ${id}; echo "code $?"`, temporaryFolder());
	// The prompt, not the question above it: what is typed before the prompt stands may be lost.
	await terminal.shows('Version (a whole number from 2): ');
	terminal.type('\u0004');
	expect(await terminal.ended).toMatch(/goes on waiting[\s\S]*code 130/);
	expect((await jobOf(cli, id)).question).not.toBeNull();
});
