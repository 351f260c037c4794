/** Runs that ask to be tried again, under a real daemon. */
import { expect, test } from 'vitest';
import { runToEnd, shell, startDaemon } from '../../support/daemon.ts';

test('a run that asks for it is tried again, charged or not, whatever its exit code', async () => {
	const daemon = await startDaemon();
	const connection = await daemon.connect();
	const retry = (json: string) => `echo '::semantica retry ${json}'`;
	const charged = await runToEnd(
		daemon,
		connection,
		shell(`[ $SEMANTICA_RUN = 3 ] || ${retry('{"afterMs":1}')}`, { maxAttempts: 3, retryOn: [9] }),
	);
	expect(charged).toMatchObject({ state: 'succeeded', run: 3, attempt: 3 });
	const used = await runToEnd(daemon, connection, shell(retry('')));
	expect(used).toMatchObject({ state: 'failed', exitCode: 0, error: { code: 'RETRY' } });
	expect(used.error?.message).toBe('The run asked to be tried again, but its one attempt is used.');
	const free = await runToEnd(
		daemon,
		connection,
		shell(`[ $SEMANTICA_RUN = 2 ] || { ${retry('{"afterMs":1000,"free":true}')}; exit 3; }`),
	);
	expect(free).toMatchObject({ state: 'succeeded', run: 2, attempt: 1 });
	expect((free.finishedAt ?? 0) - (free.startedAt ?? 0)).toBeGreaterThanOrEqual(1000);
});
