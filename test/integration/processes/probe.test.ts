import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { prepareProbe } from '../../../daemon/processes/readiness/probe.ts';
import { freePort } from '../../support/freePort.ts';

test.skipIf(process.platform !== 'linux')(
	'a run whose processes cannot be seen for a moment is found ready a moment later',
	async () => {
		const port = await freePort();
		const found = Promise.withResolvers<void>();
		const probe = await prepareProbe({
			ready: { port },
			cwd: '/',
			found: found.resolve,
			note: found.reject,
		});
		onTestFinished(() => probe.end());
		const server = createServer();
		onTestFinished(() => void server.close());
		await once(server.listen(port), 'listening');
		let looks = 0;
		probe.begin(async () => {
			if (++looks === 1) throw new Error('EMFILE: too many open files');
			return [process.pid];
		});
		await found.promise;
		expect(looks).toBe(2);
	},
);
