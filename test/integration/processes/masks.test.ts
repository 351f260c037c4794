/** Secrets of a job stand nowhere that others read: log, progress, result, error. */
import { expect, test } from 'vitest';
import { enqueue, jobEnd, readWholeLog, shell, startDaemon } from '../../support/daemon.ts';

test('what a job says is secret, and its variables that look so, are masked everywhere', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const line = [
		'echo "token $NPM_TOKEN, plain $PLAIN"',
		'echo "to stderr: $NPM_TOKEN" >&2',
		'echo "::semantica mask open sesame"',
		'echo "::add-mask::closed%25sesame"',
		'printf "open "; sleep 0.2; printf "sesame, closed%%sesame\\n"',
		`echo '::semantica progress {"current":1,"message":"with open sesame"}'`,
		`echo '::semantica result {"error":"no open sesame here","key":"open sesame"}'`,
		'exit 1',
	].join('; ');
	const job = shell(line);
	const env = { ...job.command?.env, NPM_TOKEN: 'npm_0123456789', PLAIN: 'plain-value' };
	const command = { command: '/bin/sh', args: ['-c', line], env };
	const [id = ''] = await enqueue(connection, { ...job, command });
	const ended = await jobEnd(daemon, id);
	expect(ended.result).toEqual({ error: 'no *** here', key: '***' });
	expect(ended.error?.message).toBe('no *** here');
	expect(ended.progress?.message).toBe('with ***');
	const log = await readWholeLog(connection, id);
	const printed = log.split('\n').filter((one) => !one.startsWith('[semantica]'));
	expect(printed.sort()).toEqual(
		['token ***, plain plain-value', 'to stderr: ***', '***, ***', ''].sort(),
	);
	expect(log).not.toContain('npm_0123456789');
	// Offsets are those of what is stored.
	const end = await connection.request('log/read', { id, offset: ended.logBytes });
	expect(end).toMatchObject({ text: '', eof: true, nextOffset: ended.logBytes });
	const found = await connection.request('log/search', {
		id,
		pattern: 'token \\*\\*\\*',
		kind: 'regex',
	});
	expect(found.matches).toHaveLength(1);
});
