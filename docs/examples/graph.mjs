// Enqueues jobs that wait for each other, in one step, and waits for the last one.
// Run it with: node docs/examples/graph.mjs
import { connect } from 'semantica/client';

const semantica = await connect({ name: 'graph' });

const print = (text) => ({ command: process.execPath, args: ['-p', JSON.stringify(text)] });
const ids = await semantica.enqueue(
	{ title: 'Build', command: print('built') },
	{ title: 'Test', command: print('tested'), after: [{ index: 0 }] },
	{ title: 'Lint', command: print('linted'), after: [{ index: 0 }] },
	{ title: 'Publish', command: print('published'), after: [{ index: 1 }, { index: 2 }] },
);

const last = ids[3];
for await (const text of semantica.logs(last)) process.stdout.write(text);
const { jobs } = await semantica.wait(ids);
for (const { title, state } of jobs) console.log(title, state);

semantica.close();
