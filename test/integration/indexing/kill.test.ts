import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readNumbers } from '../../../daemon/indexing/catalogue/catalogue.ts';
import { BATCH_FILES } from '../../../daemon/indexing/worker/batch.ts';
import { createRandom } from '../../support/random.ts';
import { startIndexer, useBundles } from './bundles.ts';
import { startFakeDaemon } from './fakeDaemon.ts';
import { createSandbox, dump, MAX_FILE_BYTES, problemsOf, type Sandbox } from './sandbox.ts';

const bundles = useBundles();
const FILES = 4000;

function writeTree(sandbox: Sandbox): string[] {
	const names = Array.from({ length: FILES }, (_, i) => `dir${i % 11}/file${i}.ts`);
	for (const [i, name] of names.entries()) {
		const lines = Array.from({ length: 12 }, (_, n) => `const name${i}Of${n} = load(${n * i});`);
		sandbox.write(name, lines.join('\n'));
	}
	return names;
}

test('killed in the middle, again and again, the index is whole and ends as a clean build does', async () => {
	const sandbox = createSandbox();
	const names = writeTree(sandbox);
	const payload = { files: names, maxFileBytes: MAX_FILE_BYTES };
	const done: number[] = [];
	for (let victim = 0; victim < 3; victim++) {
		const run = startIndexer(bundles, sandbox, 'files', payload);
		const exited = once(run.process, 'exit');
		const before = done.at(-1) ?? 0;
		for await (const line of run.lines) {
			const current = Number(/"current":(\d+)/.exec(line)?.[1] ?? 0);
			// What is committed together, and some more.
			if (current > before + BATCH_FILES) run.process.kill('SIGKILL');
		}
		expect(await exited).toEqual([null, 'SIGKILL']);
		const db = sandbox.open();
		expect(problemsOf(db)).toEqual([]);
		done.push(readNumbers(db).files);
		db.close();
	}
	// Each run got further than the one before, and none to the end.
	expect(done).toEqual([...done].sort((a, b) => a - b));
	expect(done.at(-1)).toBeGreaterThan(0);
	expect(done.at(-1)).toBeLessThan(FILES);

	const { walk } = await sandbox.index();
	expect(walk.changed).toBe(FILES - (done.at(-1) ?? 0));
	const fresh = createSandbox();
	const clean = { ...sandbox, home: fresh.home };
	expect((await startIndexer(bundles, clean, 'files', payload).ended).code).toBe(0);
	expect(dump(sandbox.home, sandbox.workspace)).toEqual(dump(fresh.home, sandbox.workspace));
});

test('a walk killed while it writes down what it found is made good by the next', async () => {
	const sandbox = createSandbox();
	writeTree(sandbox);
	const daemon = await startFakeDaemon(sandbox.home.paths);
	const payload = { exclude: [], maxFileBytes: MAX_FILE_BYTES };
	for (let victim = 0; victim < 3; victim++) {
		const run = startIndexer(bundles, sandbox, 'workspace', payload, {
			env: { SEMANTICA_TOKEN: daemon.token },
		});
		for await (const _ of run.lines) run.process.kill('SIGKILL');
		await run.ended;
	}
	await daemon.close();
	const { walk } = await sandbox.index();
	expect(walk.changed).toBe(FILES);
	expect(sandbox.indexed()).toHaveLength(FILES);
	expect(problemsOf(sandbox.open())).toEqual([]);
});

/** 50 where there is time. */
const ROUNDS = Number(process.env['SEMANTICA_KILL_ROUNDS'] ?? 12);

test('edited and killed at any moment, round after round, it equals a clean build in the end', async () => {
	const sandbox = createSandbox();
	const random = createRandom(20_261_126);
	const pick = (below: number): number => random.int(0, below - 1);
	const names = Array.from({ length: 300 }, (_, i) => `dir${i % 7}/file${i}.ts`);
	for (const name of names) sandbox.write(name, `const first = '${name}';\n`.repeat(40));
	await sandbox.index();
	const there = new Set(names);
	for (let round = 0; round < ROUNDS; round++) {
		const touched = new Set<string>();
		for (let edit = 0; edit < 60; edit++) {
			const name = names[pick(names.length)] ?? '';
			touched.add(name);
			if (there.delete(name) && pick(4) === 0) sandbox.remove(name);
			else {
				there.add(name);
				sandbox.write(
					name,
					`const round${round} = ${edit};\nvoid '${name}';\n`.repeat(1 + pick(200)),
				);
			}
		}
		// Alone and together, as saves and shards come: many segments, and merges of them.
		const payload = { files: [...touched].slice(0, 1 + pick(60)), maxFileBytes: MAX_FILE_BYTES };
		const run = startIndexer(bundles, sandbox, 'files', payload);
		await Promise.race([run.ended, delay(60 + pick(160))]);
		run.process.kill('SIGKILL');
		await run.ended;
		for (const name of [...touched].slice(0, 3)) await sandbox.indexFiles(name);
		expect(problemsOf(sandbox.open())).toEqual([]);
	}
	await sandbox.index();
	expect(sandbox.indexed()).toEqual([...there].sort());
	const fresh = createSandbox();
	const clean = { ...sandbox, home: fresh.home };
	const all = { files: [...there], maxFileBytes: MAX_FILE_BYTES };
	expect((await startIndexer(bundles, clean, 'files', all).ended).code).toBe(0);
	expect(dump(sandbox.home, sandbox.workspace)).toEqual(dump(fresh.home, sandbox.workspace));
}, 300_000);
