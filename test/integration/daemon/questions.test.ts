/** Jobs that ask their person, in a real daemon. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import {
	enqueue,
	jobEnd,
	jobWhen,
	readWholeLog,
	shell,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const asked = (id: string, more: object = {}) => ({
	id,
	question: 'Which version?',
	schema: {
		type: 'object',
		properties: { version: { type: 'string', maxLength: 10 }, sure: { type: 'boolean' } },
		required: ['version'],
	},
	...more,
});
const says = (question: object) => `echo '::semantica ask ${JSON.stringify(question)}'`;
const waits = (id: string) =>
	`while [ ! -e "$SEMANTICA_ANSWERS_DIR/${id}.json" ]; do sleep 0.05; done; cat "$SEMANTICA_ANSWERS_DIR/${id}.json"`;

const answer = (connection: DaemonConnection, id: string, question: string, value: object) =>
	connection.request('job/answer', { id, question, value: value as Record<string, string> });

test('a job finds the answer in its folder; the first one wins, and nothing of it stays', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const folder = temporaryFolder();
	const look = `ls -l "$SEMANTICA_ANSWERS_DIR" > '${folder}/ls'; echo "$SEMANTICA_ANSWERS_DIR" > '${folder}/where'`;
	const [id = ''] = await enqueue(
		connection,
		shell(`${says(asked('v'))}; ${waits('v')}; ${look}`, { title: 'release' }),
	);
	const { question } = await jobWhen(daemon, id, (job) => job.question !== null);
	expect(question).toMatchObject({ ...asked('v'), askedAt: expect.any(Number) });
	const { reasons } = await connection.request('job/explain', { id });
	expect(reasons[0]).toMatchObject({
		kind: 'question',
		message: `waits for an answer: "Which version?"; semantica answer ${id}`,
	});

	const refused = (value: object, message: string, kind: keyof typeof ERROR_CODES, of = 'v') =>
		expect(answer(connection, id, of, value)).rejects.toMatchObject({
			code: ERROR_CODES[kind],
			message: expect.stringContaining(message),
		});
	await refused({}, 'needs "version"', 'VALIDATION');
	await refused({ version: 1 }, '"version" must be text', 'VALIDATION');
	await refused({ version: '12345678901' }, 'at most 10 characters', 'VALIDATION');
	await refused({ version: '1', other: '2' }, 'asks for no "other"', 'VALIDATION');
	await refused({ version: '1' }, 'asks "v"', 'CONFLICT', 'w');

	const all = await Promise.allSettled(
		['2.1', '2.2'].map((version) => answer(connection, id, 'v', { version })),
	);
	expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', question: null });
	const log = await readWholeLog(connection, id);
	expect(log).toContain('{"version":"2.1"}\n');
	expect(log).toMatch(/\[semantica\] \S+ "v" was answered by /);
	expect(log).not.toMatch(/^::semantica/m);
	expect(readFileSync(join(folder, 'ls'), 'utf8')).toMatch(/^-rw------- .* v\.json$/m);
	const where = readFileSync(join(folder, 'where'), 'utf8').trim();
	expect(existsSync(where)).toBe(false);
	expect(statSync(join(where, '..')).mode & 0o777).toBe(0o700);
	await refused({ version: '1' }, 'succeeded', 'CONFLICT');
});

test('what is no question is logged as it is', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const field = { type: 'string' };
	const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`f${n}`, field]));
	const schema = (properties: object) => ({ schema: { type: 'object', properties } });
	const lines = [
		asked('../v'),
		asked('v', { question: '' }),
		asked('v', schema({})),
		asked('v', schema(many)),
		asked('v', schema({ list: { type: 'array' } })),
		asked('v', schema({ a: { ...field, enum: Array(90).fill('x'.repeat(100)) } })),
		asked('v', { more: 1 }),
	];
	const [id = ''] = await enqueue(connection, shell(lines.map(says).join('; ')));
	expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', question: null });
	const log = await readWholeLog(connection, id);
	expect(log.match(/^::semantica ask /gm)).toHaveLength(lines.length);
});

test('the question dies with its run: by a stop, and by the death of the daemon', async () => {
	const home = join(temporaryFolder(), 'home');
	const first = await startDaemon({ home });
	const connection = await first.connect();
	// Only the first run asks.
	const line = `[ "$SEMANTICA_RUN" = 1 ] || exit 0; ${says(asked('v'))}; ${waits('v')}`;
	const [stopped = '', again = ''] = await enqueue(
		connection,
		shell(`${says(asked('v'))}; ${waits('v')}`),
		shell(line, { restartable: true }),
	);
	for (const id of [stopped, again]) await jobWhen(first, id, (job) => job.question !== null);
	await connection.request('job/cancel', { ids: [stopped] });
	expect(await jobEnd(first, stopped)).toMatchObject({ state: 'cancelled', question: null });
	await first.kill();

	const second = await startDaemon({ home });
	expect(await jobEnd(second, again)).toMatchObject({ state: 'succeeded', run: 2, question: null });
	await expect(answer(await second.connect(), again, 'v', { version: '1' })).rejects.toMatchObject({
		code: ERROR_CODES.CONFLICT,
	});
	const answers = join(home, 'run', 'answers');
	expect(existsSync(answers) ? readdirSync(answers) : []).toEqual([]);
});

test('a tool answers for its own jobs alone, a job for none', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const root = realpathSync(temporaryFolder());
	await connection.request('ai/folder', { root });
	const tool = await daemon.tool({ root });
	const command = {
		command: 'sh',
		args: ['-c', `${says(asked('v'))}; ${waits('v')}`],
		cwd: root,
		env: {},
	};
	const [mine = ''] = await enqueue(tool, { type: 'command', command });
	const [others = ''] = await enqueue(connection, { type: 'command', command });
	const [hidden = ''] = await enqueue(connection, shell(`${says(asked('v'))}; ${waits('v')}`));
	for (const id of [mine, others, hidden])
		await jobWhen(daemon, id, (job) => job.question !== null);
	const value = { version: '1' };
	const code = (kind: keyof typeof ERROR_CODES) => ({ code: ERROR_CODES[kind] });
	await expect(answer(tool, others, 'v', value)).rejects.toMatchObject(code('FORBIDDEN'));
	await expect(answer(tool, hidden, 'v', value)).rejects.toMatchObject(code('NOT_FOUND'));
	await answer(tool, mine, 'v', value);
	expect(await jobEnd(daemon, mine)).toMatchObject({ state: 'succeeded' });
	await connection.request('job/cancel', { ids: [others, hidden] });
});
