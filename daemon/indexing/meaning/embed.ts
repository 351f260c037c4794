/**
 * A run of `index.meaning`: asks for the vectors of what changed. It may be killed at any moment: what was answered is
 * on disk before more is asked for, and is asked for only once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { openIndexReadonly } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import type { IndexJob } from '../worker/job.ts';
import { openFolder } from '../worker/job.ts';
import { counted } from '../worker/report.ts';
import { createEmbedder, type Fetch } from './client.ts';
import { type Meaning, readMeaning } from './entries.ts';
import { createPatient } from './patient.ts';
import {
	admitted,
	BATCH,
	chunksAsIndexed,
	indexedFiles,
	isAsIndexed,
	type KeyedChunk,
	MOST_CHUNKS,
} from './pending.ts';
import { isThere, meaningFolder } from './segmentFiles.ts';
import { type EmbeddedFile, type MeaningStore, openMeaningStore } from './store.ts';
import { quantize } from './vectors.ts';

export interface MeaningResult {
	/** Looked at, because they are new or changed. */
	readonly files: number;
	/** Sent, and their vectors stored. */
	readonly embedded: number;
	/** Known already, from other files or before. */
	readonly known: number;
	readonly requests: number;
	readonly characters: number;
	/** That the endpoint would not take. */
	readonly refused: number;
	/** Of files that are left for another job: they changed meanwhile, or there is no room for more chunks. */
	readonly left: number;
}

export interface Surroundings {
	readonly fetch: Fetch;
	readonly wait: (ms: number) => Promise<void>;
	readonly mostChunks: number;
}

const REAL: Surroundings = {
	fetch: (url, init) => fetch(url, init),
	wait: (ms) => delay(ms),
	mostChunks: MOST_CHUNKS,
};

/** @throws SemanticaError where it is switched off, the folder is not indexed, or the endpoint does not answer. */
export async function embedFolder(
	job: IndexJob,
	around: Surroundings = REAL,
): Promise<MeaningResult> {
	const { home, workspace, report } = job;
	const meaning = readMeaning(home.paths, workspace);
	const folder = meaningFolder(indexFolder(home.paths, workspace));
	if (meaning === undefined || !isThere(folder)) throw switchedOff();
	const index = openIndexReadonly(home, indexFolder(home.paths, workspace), workspace);
	if (index === undefined) throw new SemanticaError('NOT_FOUND', 'The folder is not indexed.');
	try {
		const store = openMeaningStore(home, folder);
		try {
			store.sweep();
			if (store.beModel(meaning.model)) report.log('Another model than before: begins anew.');
			const result = await embedChanged(job, around, meaning, index, store);
			store.tidy();
			if (result.left === 0) store.finish(Date.now());
			report.log(summary(result));
			report.result({ ...result });
			return result;
		} finally {
			store.close();
		}
	} finally {
		index.close();
	}
}

async function embedChanged(
	job: IndexJob,
	around: Surroundings,
	meaning: Meaning,
	index: Sqlite,
	store: MeaningStore,
): Promise<MeaningResult> {
	const { home, workspace, report, env } = job;
	const scope = openFolder(job);
	const indexed = indexedFiles(index);
	const embedded = store.files();
	store.forget([...embedded.keys()].filter((path) => !indexed.has(path)));
	const changed = [...indexed].flatMap(([path, hash]) =>
		embedded.get(path)?.equals(hash) ? [] : path,
	);
	const hashOf = (path: string): Buffer => indexed.get(path) ?? Buffer.alloc(0);
	const paths = await admitted(index, scope, changed, env, report.log);
	const embed = createPatient({
		embedder: createEmbedder(meaning, around.fetch, store.dimension() ?? undefined),
		// A person may have taken it back meanwhile, or meant another place.
		check() {
			if (!isSame(meaning, readMeaning(home.paths, workspace))) throw switchedOff();
		},
		wait: around.wait,
		log: report.log,
	});
	const counts = { embedded: 0, known: 0, requests: 0, characters: 0, refused: 0, left: 0 };
	let room = around.mostChunks - store.chunkCount();
	let texts = new Map<string, Text>();
	let characters = 0;
	let files: EmbeddedFile[] = [];
	let seen = 0;
	const gone = new Set<string>();

	/** A job may last hours: of what was changed or excluded since it began nothing more goes. */
	async function leaveOutGone(): Promise<void> {
		const paths = [...new Set([...texts.values()].flatMap((text) => text.paths))];
		const same = paths.filter((path) => isAsIndexed(index, path, hashOf(path)));
		const may = new Set(await admitted(index, scope, same, env, () => {}));
		for (const path of paths) if (!may.has(path)) gone.add(path);
		for (const [id, { paths }] of texts) if (!paths.some((path) => may.has(path))) texts.delete(id);
		counts.left += files.filter(({ path }) => gone.has(path)).length;
		files = files.filter(({ path }) => !gone.has(path));
	}

	/** Sends what has come together; then the files that have all of theirs by that are known, too. */
	async function flush(): Promise<void> {
		await leaveOutGone();
		const chunks = [...texts.values()].map(({ chunk }) => chunk);
		if (chunks.length > 0) {
			const vectors = await embed(chunks.map(({ text }) => text));
			counts.requests++;
			counts.characters += chunks.reduce((sum, { text }) => sum + text.length, 0);
			const added = chunks.flatMap(({ key }, at) => {
				const vector = quantize(vectors[at] ?? []);
				return vector === undefined ? [] : { key, vector };
			});
			counts.embedded += added.length;
			counts.refused += chunks.length - added.length;
			store.add(added, files);
		} else store.add([], files);
		texts = new Map();
		characters = 0;
		files = [];
		progress(true);
	}
	function progress(must: boolean): void {
		report.progress(
			{
				current: seen,
				total: paths.length,
				unit: 'files',
				message: `${counted(counts.embedded, 'chunk')} embedded`,
			},
			must,
		);
	}

	progress(true);
	for (const path of paths) {
		const hash = hashOf(path);
		const chunks = chunksAsIndexed(index, scope, path, hash, meaning.model);
		seen++;
		if (chunks === undefined || chunks.length > room) {
			// Another job comes for what changed; of a folder that is too large the rest stays out.
			counts.left++;
			continue;
		}
		room -= chunks.length;
		for (const chunk of chunks) {
			const id = chunk.key.toString('latin1');
			const same = texts.get(id);
			same?.paths.push(path);
			if (same !== undefined || store.has(chunk.key)) {
				counts.known++;
				continue;
			}
			if (texts.size === BATCH.texts || characters + chunk.text.length > BATCH.characters) {
				await flush();
				if (gone.has(path)) break;
			}
			texts.set(id, { chunk, paths: [path] });
			characters += chunk.text.length;
		}
		if (gone.has(path)) {
			counts.left++;
			continue;
		}
		files.push({ path, hash, chunks });
		if (files.length >= FILES_AT_ONCE) await flush();
		progress(false);
	}
	await flush();
	if (room < MOST_LEFT && counts.left > 0) {
		report.log(
			`Only ${around.mostChunks.toLocaleString('en')} chunks of a folder are embedded: ${counted(counts.left, 'file')} left out.`,
		);
	}
	return { files: paths.length, ...counts };
}

interface Text {
	readonly chunk: KeyedChunk;
	/** Of the files that it is in. */
	readonly paths: string[];
}

const FILES_AT_ONCE = 200;
/** A file that has no room has more chunks than that, or all is full. */
const MOST_LEFT = 1000;

const isSame = (a: Meaning, b: Meaning | undefined): boolean =>
	b !== undefined && a.url === b.url && a.model === b.model && a.key === b.key;

const switchedOff = (): SemanticaError =>
	new SemanticaError(
		'CONFLICT',
		'Search by meaning is not switched on for this folder, or not for that endpoint and model any more. Nothing more is sent. Switch it on with: semantica index meaning on',
	);

function summary(result: MeaningResult): string {
	const { files, embedded, known, requests, characters, refused, left } = result;
	return [
		`${counted(embedded, 'chunk')} embedded (${counted(requests, 'request')}, ${characters.toLocaleString('en')} characters)`,
		`${known} known already`,
		`of ${counted(files, 'changed file')}`,
		...(refused > 0 ? [`${refused} refused by the endpoint`] : []),
		...(left > 0 ? [`${counted(left, 'file')} left for another run`] : []),
	].join(', ');
}
