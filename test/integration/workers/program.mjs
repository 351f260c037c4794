// A worker that the daemon starts: node program.mjs CLIENT
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const { connect } = await import(process.argv[2]);
const semantica = await connect({ name: 'program' });
console.log('here I am');
const worker = await semantica.work({
	'acme.pid': {
		concurrency: 4,
		restartable: true,
		async handler(payload, { signal, enqueue, connect: asJob, log, run }) {
			if (payload?.die) process.exit(9);
			if (payload?.wait) await delay(payload.wait, undefined, { signal });
			if (payload?.untilTold) {
				const told = once(process, 'SIGTERM');
				log('waits until it is told');
				await told;
				void worker.stop().then(() => process.exit());
			}
			if (payload?.speak) {
				const own = await semantica.enqueue({ type: 'acme.pid' }).catch((error) => error.message);
				const [child] = await enqueue({ type: 'acme.pid' });
				const { jobs } = await (await asJob()).wait([child]);
				return { own, child: jobs[0].state };
			}
			return { pid: process.pid, run };
		},
	},
});
