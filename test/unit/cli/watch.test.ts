import { expect, test } from 'vitest';
import { watchJob } from '../../../daemon/cli/follow/watch.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { job } from './samples.ts';

const running = job({ state: 'running', startedAt: 1 });

/** A daemon that knows one job, and tells what the test says. */
function connected() {
	const answers: Record<string, unknown> = {
		'jobs/subscribe': { instance: 'i', seq: 1 },
		'job/get': { job: running },
		'job/list': { jobs: [] },
	};
	let tell: (change: object) => void = () => {};
	const connection = {
		request: async (method: string) => answers[method],
		onNotification: (_method: string, told: typeof tell) => {
			tell = told;
		},
		closed: new Promise(() => {}),
	} as unknown as DaemonConnection;
	let shown = () => {};
	const seen = new Promise<void>((resolve) => {
		shown = resolve;
	});
	const end = watchJob(connection, running.id, () => shown());
	let seq = 1;
	return {
		seen,
		end,
		tell: (change: object) => tell({ instance: 'i', seq: ++seq, jobs: [], removed: [], ...change }),
	};
}

test('a job whose end and removal came as one is not waited for any longer', async () => {
	const { seen, end, tell } = connected();
	await seen;
	tell({ removed: [running.id] });
	await expect(end).rejects.toMatchObject({ kind: 'NOT_FOUND' });
});

test('a job that is removed after its end was told has ended', async () => {
	const { seen, end, tell } = connected();
	await seen;
	const ended = { ...running, state: 'succeeded', finishedAt: 2 };
	tell({ jobs: [ended] });
	tell({ removed: [running.id] });
	await expect(end).resolves.toEqual(ended);
});
