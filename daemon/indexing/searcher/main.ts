/**
 * The search thread: reads indexes and files, so that the daemon's own thread never waits for a
 * disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage, SemanticaError } from '../../../shared/errors.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { openSqlite } from '../../sqlite/open.ts';
import { canonicalWorkspace } from '../catalogue/location.ts';
import { createStemOf } from '../words/stems.ts';
import { createIndexes } from './indexes.ts';
import {
	CLOSE,
	type SearcherAnswer,
	type SearcherData,
	type SearcherMethod,
	type SearcherRequest,
} from './messages.ts';
import { search } from './search.ts';
import { readStatus } from './status.ts';

const { paths, nativeFolder } = workerData as SearcherData;
const indexes = createIndexes({ paths, nativeFolder });
const memory = openSqlite(':memory:', { nativeFolder, busyTimeoutMs: 0 });
const stemOf = createStemOf(memory);

function resultOf(request: SearcherRequest): Result<SearcherMethod> {
	switch (request.method) {
		case 'index/search':
			return search({ paths, indexes, stemOf }, request.params);
		case 'index/status':
			return readStatus(paths, indexes, request.params);
		case 'index/delete':
			return { deleted: indexes.delete(canonicalWorkspace(request.params.workspace)) };
	}
}

function answer(request: SearcherRequest): SearcherAnswer {
	try {
		return { id: request.id, result: resultOf(request) };
	} catch (error) {
		const data = error instanceof SemanticaError ? error.data : undefined;
		return { id: request.id, message: errorMessage(error), data };
	}
}

parentPort?.on('message', (message: SearcherRequest | typeof CLOSE) => {
	if (message !== CLOSE) {
		parentPort?.postMessage(answer(message));
		return;
	}
	indexes.close();
	memory.close();
	parentPort?.close();
});
