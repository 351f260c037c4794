/** Embedding that is killed, damaged or interrupted: nothing is lost, and little is asked for twice. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { indexFolder } from '../../../daemon/indexing/catalogue/location.ts';
import { embedFolder, type Surroundings } from '../../../daemon/indexing/meaning/embed.ts';
import {
	makeFolder,
	meaningFolder,
	readVectors,
} from '../../../daemon/indexing/meaning/segmentFiles.ts';
import { readMeaningStore, segmentIds } from '../../../daemon/indexing/meaning/store.ts';
import { createReporter } from '../../../daemon/indexing/worker/report.ts';
import { type EmbeddingServer, say, startEmbeddings } from '../../support/embeddings.ts';
import { createRandom } from '../../support/random.ts';
import { startIndexer, useBundles } from './bundles.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

const bundles = useBundles();
const MODEL = 'simple-64';

/** A folder of files with two chunks each, indexed, and searched by meaning by a server of its own. */
async function setUp(files: number) {
	const sandbox = createSandbox();
	for (let i = 0; i < files; i++) sandbox.write(`dir${i % 7}/file${i}.ts`, textOf(i));
	await sandbox.index();
	const server = await startEmbeddings();
	onTestFinished(() => server.close());
	agree(sandbox, server);
	return {
		sandbox,
		server,
		folder: meaningFolder(indexFolder(sandbox.home.paths, sandbox.workspace)),
	};
}

const textOf = (i: number): string =>
	['first', 'second']
		.map(
			(name) => `export function ${name}Of${i}() {\n${'\twork();\n'.repeat(8)}\treturn ${i};\n}\n`,
		)
		.join('\n');

function agree({ home, root, workspace }: Sandbox, { origin }: EmbeddingServer): void {
	const entry = { root, endpoint: origin, model: MODEL, consent: { root, origin, model: MODEL } };
	writeFileSync(home.paths.config, JSON.stringify({ meaning: [entry] }));
	makeFolder(meaningFolder(indexFolder(home.paths, workspace)));
}

const embed = (sandbox: Sandbox, around?: Partial<Surroundings>) =>
	embedFolder(
		{ ...sandbox, report: createReporter(() => {}, Date.now) },
		{ fetch, wait: async () => {}, mostChunks: 200_000, ...around },
	);

/** What each chunk of each file is embedded as. */
function dump({ home }: Sandbox, folder: string) {
	return readMeaningStore(home, folder, (db) => {
		const vectors = new Map(segmentIds(db).map((id) => [id, readVectors(folder, id) ?? []]));
		return db
			.prepare<[], { path: string; segment: number; slot: number }>(
				`SELECT f.path, v.segment, v.slot FROM files f JOIN chunks c ON c.file = f.id
					JOIN vectors v ON v.key = c.key ORDER BY f.path, c.rowid`,
			)
			.all()
			.map(({ path, segment, slot }) => [path, vectors.get(segment)?.[slot]]);
	});
}

function isWhole(sandbox: Sandbox, folder: string): void {
	const ids = readMeaningStore(sandbox.home, folder, segmentIds) ?? [];
	const files = readdirSync(folder).filter((name) => /\.vec|\.tmp/.test(name));
	expect(files.sort()).toEqual(ids.map((id) => `${id}.vec`).sort());
}

/** 50 where there is time. */
const ROUNDS = Number(process.env['SEMANTICA_KILL_ROUNDS'] ?? 10);

test('killed again and again it goes on where it was, and ends as one that was not', async () => {
	const { sandbox, server, folder } = await setUp(500);
	const random = createRandom(20_261_128);
	let kills = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const run = startIndexer(bundles, sandbox, 'meaning', {});
		const stopAt = server.asked.length + random.int(1, 2);
		server.instead = () => {
			// At once, or when the answer is on its way: in its words, in the file, or in the commit.
			if (server.asked.length === stopAt) {
				setTimeout(() => run.process.kill('SIGKILL'), random.int(0, 12));
			}
			return false;
		};
		if ((await run.ended).code === null) kills++;
	}
	server.instead = undefined;
	expect(kills).toBeGreaterThan(ROUNDS / 2);
	const last = startIndexer(bundles, sandbox, 'meaning', {});
	expect((await last.ended).errors).toBe('');
	// What is asked for twice was in the request that a kill met.
	const texts = server.texts();
	expect(new Set(texts).size).toBe(1000);
	expect(texts.length - 1000).toBeLessThanOrEqual(kills * 32);
	await embed(sandbox);
	isWhole(sandbox, folder);

	const clean = createSandbox();
	const same = { ...sandbox, home: clean.home };
	for (let i = 0; i < 500; i++) clean.write(`dir${i % 7}/file${i}.ts`, textOf(i));
	await clean.index();
	agree(clean, server);
	await embed(clean);
	const cleanFolder = meaningFolder(indexFolder(clean.home.paths, clean.workspace));
	expect(dump(same, cleanFolder)).toHaveLength(1000);
	expect(dump(sandbox, folder)).toEqual(dump(clean, cleanFolder));
});

describe('embedding', () => {
	test('what was answered before a failure is not asked for again', async () => {
		const { sandbox, server, folder } = await setUp(100);
		server.instead = (_, response) => {
			if (server.asked.length <= 3) return false;
			say(response, 503, {});
			return true;
		};
		await expect(embed(sandbox)).rejects.toThrow('failed (503)');
		// Once, and four times again.
		expect(server.asked).toHaveLength(3 + 5);
		server.instead = undefined;
		expect(await embed(sandbox)).toMatchObject({ embedded: 200 - 3 * 32 });
		expect(await embed(sandbox)).toMatchObject({ files: 0, embedded: 0, requests: 0 });
		isWhole(sandbox, folder);
	});

	test('a damaged segment is asked for again, alone; what is no row is swept', async () => {
		const { sandbox, server, folder } = await setUp(64);
		await embed(sandbox);
		const before = dump(sandbox, folder);
		const [first = ''] = readdirSync(folder).filter((name) => name.endsWith('.vec'));
		const bytes = readFileSync(join(folder, first));
		bytes.writeUInt8((bytes.readUInt8(100) + 1) % 256, 100);
		writeFileSync(join(folder, first), bytes);
		writeFileSync(join(folder, '999.vec'), 'stray');
		writeFileSync(join(folder, '998.vec.tmp'), 'stray');
		const sent = server.texts().length;
		expect(await embed(sandbox)).toMatchObject({ embedded: 32 });
		expect(server.texts().length).toBe(sent + 32);
		isWhole(sandbox, folder);
		expect(dump(sandbox, folder)).toEqual(before);
	});

	test('what goes leaves, comes back for nothing, and takes no room for ever', async () => {
		const { sandbox, server, folder } = await setUp(64);
		await embed(sandbox);
		const before = dump(sandbox, folder);
		for (let i = 0; i < 20; i++) sandbox.remove(`dir${i % 7}/file${i}.ts`);
		await sandbox.index();
		await embed(sandbox);
		expect(dump(sandbox, folder)).toHaveLength(128 - 40);
		for (let i = 0; i < 20; i++) sandbox.write(`dir${i % 7}/file${i}.ts`, textOf(i));
		await sandbox.index();
		const sent = server.asked.length;
		expect(await embed(sandbox)).toMatchObject({ embedded: 0, known: 40 });
		expect(server.asked).toHaveLength(sent);
		expect(dump(sandbox, folder)).toEqual(before);
		for (let i = 0; i < 60; i++) sandbox.remove(`dir${i % 7}/file${i}.ts`);
		await sandbox.index();
		await embed(sandbox);
		isWhole(sandbox, folder);
		const count = readMeaningStore(sandbox.home, folder, (db) =>
			db.prepare<[], number>('SELECT count(*) FROM vectors').pluck().get(),
		);
		expect(count).toBe(8);
		expect(dump(sandbox, folder)).toHaveLength(8);
	});

	test('saves one by one do not leave a file for each', async () => {
		const { sandbox, folder } = await setUp(1);
		for (let i = 1; i < 40; i++) {
			sandbox.write(`save${i}.ts`, textOf(i));
			await sandbox.indexFiles(`save${i}.ts`);
			await embed(sandbox);
		}
		isWhole(sandbox, folder);
		expect(readdirSync(folder).filter((name) => name.endsWith('.vec')).length).toBeLessThan(17);
		expect(dump(sandbox, folder)).toHaveLength(80);
	});

	test('what is excluded since it was indexed is not sent', async () => {
		const { sandbox, server } = await setUp(10);
		sandbox.write('.gitignore', 'dir3/\n');
		await embed(sandbox);
		expect(server.texts().join()).toContain('firstOf2');
		expect(server.texts().join()).not.toMatch(/(?:first|second)Of(?:3|10)\b/);
	});

	test('nor is what is excluded, or changed in the index, while it runs', async () => {
		const { sandbox, server, folder } = await setUp(100);
		const shared = Array.from({ length: 40 }, (_, i) => textOf(1000 + i)).join('\n');
		sandbox.write('dir0/long.ts', `${shared}\n${textOf(2000)}`);
		sandbox.write('dir1/long.ts', shared);
		await sandbox.index();
		server.instead = async () => {
			// The first parts of the long file are in this request.
			if (server.asked.length === 1) {
				sandbox.write('.gitignore', 'dir3/\n');
				sandbox.write('dir0/long.ts', textOf(3000));
				await sandbox.indexFiles('dir0/long.ts');
			}
			return false;
		};
		expect(await embed(sandbox)).toMatchObject({ left: 1 + 14 });
		expect(server.asked[0]?.texts.join()).toContain('firstOf1000(');
		// Another file has these, too.
		expect(server.texts().join()).toContain('firstOf1039(');
		expect(server.texts().join()).not.toMatch(/firstOf(?:2000|3|10|17)\(/);
		expect(await embed(sandbox)).toMatchObject({ left: 0, embedded: 2 });
		expect(dump(sandbox, folder)?.filter(([path]) => path === 'dir1/long.ts')).toHaveLength(80);
		isWhole(sandbox, folder);
	});

	test('stops where a person takes it back, and where the folder is too large', async () => {
		const { sandbox, server } = await setUp(100);
		server.instead = () => {
			if (server.asked.length === 2) writeFileSync(sandbox.home.paths.config, '{}');
			return false;
		};
		await expect(embed(sandbox)).rejects.toThrow('Nothing more is sent');
		expect(server.asked).toHaveLength(2);
		server.instead = undefined;
		agree(sandbox, server);
		expect(await embed(sandbox, { mostChunks: 150 })).toMatchObject({ left: 25 });
		expect(server.texts()).toHaveLength(150);
	});

	test('a model that became another one behind its name is said', async () => {
		const { sandbox, server } = await setUp(10);
		await embed(sandbox);
		sandbox.write('new.ts', textOf(77));
		await sandbox.indexFiles('new.ts');
		server.instead = (_, response) => {
			say(response, 200, { embeddings: [[1], [1]] });
			return true;
		};
		await expect(embed(sandbox)).rejects.toThrow('it is another model by now');
	});
});
