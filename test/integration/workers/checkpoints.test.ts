/** How far a run has come, told to the next one: by commands and by functions, through the death of the daemon. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../../shared/errors.ts';
import {
	enqueue,
	jobEnd,
	logSays,
	readWholeLog,
	shell,
	startDaemon,
} from '../../support/daemon.ts';
import { until } from '../../support/processes.ts';
import { startWorker } from '../../support/workers.ts';

test('a command and a function find what the run before them left when the daemon was killed', async () => {
	const daemon = await startDaemon();
	const client = await daemon.connect();
	const [file, go] = [join(daemon.home, 'found'), join(daemon.home, 'go')];
	const line = [
		'if [ -n "$SEMANTICA_CHECKPOINT_FILE" ]; then',
		`  cat "$SEMANTICA_CHECKPOINT_FILE" > '${file}'; echo "$SEMANTICA_CHECKPOINT_FILE" > '${file}.part'`,
		// Whoever sees it sees all of it.
		`  mv '${file}.part' '${file}.path'`,
		`  until [ -e '${go}' ]; do sleep 0.05; done; exit 0`,
		'fi',
		'echo \'::semantica checkpoint {"page": 7, "id": 12345678901234567890}\'; echo said; sleep 600',
	].join('\n');
	const worker = await startWorker(daemon, { type: 'acme.embed', restartable: true });
	const [command = '', embed = ''] = await enqueue(client, shell(line, { restartable: true }), {
		type: 'acme.embed',
	});
	const first = await worker.handed();
	expect(first).not.toHaveProperty('checkpoint');
	await worker.begin(first);
	await logSays(daemon, command, 'said');
	// Its answer says that it is kept, and what came before it with it.
	await worker.connection.request('worker/checkpoint', {
		id: embed,
		run: 1,
		checkpoint: { done: [1, 2] },
	});
	const large = worker.connection.request('worker/checkpoint', {
		id: embed,
		run: 1,
		checkpoint: 'x'.repeat(70_000),
	});
	await expect(large).rejects.toMatchObject({
		code: ERROR_CODES.TOO_LARGE,
		data: { path: 'checkpoint' },
	});
	await daemon.kill();
	await daemon.restart();
	const later = await startWorker(daemon, { type: 'acme.embed' });
	const second = await later.handed();
	expect(second).toMatchObject({ id: embed, run: 2, checkpoint: { done: [1, 2] } });
	await later.begin(second);
	expect(await later.succeed(second)).toBe(true);
	await until(() => existsSync(`${file}.path`), 'the command runs again');
	expect(readFileSync(file, 'utf8')).toBe('{"page": 7, "id": 12345678901234567890}\n');
	const path = readFileSync(`${file}.path`, 'utf8').trim();
	expect(statSync(path).mode & 0o777).toBe(0o600);
	const again = await daemon.connect();
	await again.request('job/cancel', { ids: [command] });
	await jobEnd(daemon, command);
	expect(existsSync(path)).toBe(false);
	expect(await readWholeLog(again, command)).not.toContain('checkpoint');
	// What was cancelled has not succeeded.
	const { jobs } = await again.request('job/retry', { ids: [command] });
	expect(jobs).toMatchObject([{ retryOf: command }]);
	await until(() => readFileSync(`${file}.path`, 'utf8').trim() !== path, 'it found it again');
	expect(readFileSync(file, 'utf8')).toContain('"page": 7');
});
