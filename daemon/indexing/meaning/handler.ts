/** The job type `index.meaning`. */
import { basename } from 'node:path';
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobHandler } from '../../queue/ports/handlers.ts';
import { folderPath } from '../catalogue/location.ts';
import { titled } from '../titles.ts';

export const MEANING_TYPE = 'index.meaning';

/** A queue of its own: such a job waits for answers, and saves are to be indexed meanwhile. */
const DEFAULTS = { queue: 'meaning', maxAttempts: 3, restartable: true } as const;

function launch(): never {
	throw new Error('Index jobs are handed to indexers.');
}

/** As the daemon itself makes them, where a person has agreed. */
export const ownMeaningHandler: JobHandler = {
	type: MEANING_TYPE,
	defaults: DEFAULTS,
	prepare(spec) {
		const folder = folderPath(spec.workspace ?? '');
		return { ...spec, title: titled(`Embed ${basename(folder) || folder}`) };
	},
	launch,
};

/** As others meet it: nobody else begins one. */
export const meaningHandler: JobHandler = {
	...ownMeaningHandler,
	prepare() {
		throw new SemanticaError(
			'FORBIDDEN',
			'Such a job sends parts of files to an endpoint, and begins by itself where a person has agreed: semantica index meaning on',
			{ kind: 'policy', rule: 'type', path: 'type' },
		);
	},
};
