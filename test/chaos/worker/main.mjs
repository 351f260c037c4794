// A worker whose handlers say when they begin and end, and heed their abort: node main.mjs CLIENT JOURNAL
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [client, journal] = process.argv.slice(2);
const { connect } = await import(client);
const say = (what, { id, run }) =>
	appendFileSync(journal, `${JSON.stringify({ what, id, run, pid: process.pid })}\n`);

const semantica = await connect({ name: 'chaos' });
await semantica.work(
	{
		'chaos.work': {
			concurrency: 3,
			restartable: true,
			async handler({ ms, n }, context) {
				say('begin', context);
				try {
					await delay(ms, undefined, { signal: context.signal });
				} finally {
					say('end', context);
				}
				return { n };
			},
		},
	},
	{ prefetch: 12 },
);
