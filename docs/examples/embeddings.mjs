// A worker that turns texts into vectors with an OpenAI-compatible server, and a program that asks it to.
// Run it with: node docs/examples/embeddings.mjs
import { createServer } from 'node:http';
import { connect } from 'semantica/client';

// Stands in for your model server: one number per letter of the alphabet.
const server = createServer(async (request, response) => {
	let body = '';
	for await (const chunk of request) body += chunk;
	const data = JSON.parse(body).input.map((text, index) => {
		const embedding = new Array(26).fill(0);
		for (const letter of text.toLowerCase()) {
			const at = letter.charCodeAt(0) - 97;
			if (at >= 0 && at < 26) embedding[at] += 1;
		}
		return { object: 'embedding', index, embedding };
	});
	response.setHeader('content-type', 'application/json');
	response.end(JSON.stringify({ object: 'list', model: 'letters', data }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/v1/embeddings`;

const semantica = await connect({ name: 'embeddings' });

const worker = await semantica.work({
	'acme.embed': {
		concurrency: 4,
		maxAttempts: 3,
		restartable: true,
		timeoutMs: 30_000,
		async handler({ texts }, { signal, log, progress }) {
			const answer = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ model: 'letters', input: texts }),
				signal,
			});
			if (!answer.ok) throw new Error(`The model server answered ${answer.status}.`);
			const { data } = await answer.json();
			progress({ current: data.length, total: texts.length });
			log(`${data.length} vectors of ${data[0].embedding.length} numbers`);
			return { vectors: data.length };
		},
	},
});

const ids = await semantica.enqueue(
	{ type: 'acme.embed', title: 'Fruit', payload: { texts: ['apple', 'banana'] } },
	{ type: 'acme.embed', title: 'A tree', payload: { texts: ['oak'] } },
);
const { jobs } = await semantica.wait(ids);
for (const { title, state, result } of jobs) console.log(title, state, JSON.stringify(result));

await worker.stop();
semantica.close();
server.close();
