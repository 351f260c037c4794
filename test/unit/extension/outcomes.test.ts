import { expect, it } from 'vitest';
import type { Link } from '../../../extension/connection/link.ts';
import type { LinkState } from '../../../extension/connection/state.ts';
import { JobOutcomes } from '../../../extension/jobs/store/outcomes.ts';
import { Signal } from '../../../extension/lifetime.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import { makeJob } from './makeJob.ts';

const server = {
	protocol: 1,
	instance: 'i',
	version: '1.0.0',
	buildId: 'b',
	builtAt: 1,
	stale: null,
};
const connected: LinkState = { kind: 'connected', relation: 'same', server, since: 0, failures: 0 };

it('the outcome of a job is waited for through lost connections, until it is over or gone', async () => {
	const changes = new Signal<LinkState>();
	const answers: (() => Promise<unknown>)[] = [];
	const link = {
		state: connected,
		onDidChange: changes.on,
		request: () => answers.shift()?.() ?? Promise.reject(new Error('asked too often')),
	} as unknown as Link;
	const outcomes = new JobOutcomes(new Signal<readonly Job[]>(), link);
	const job = makeJob({ state: 'succeeded' });
	const lost = () => Promise.reject(new SemanticaError('SYSTEM', 'The connection closed.'));

	answers.push(lost, async () => ({ job }));
	const over = outcomes.of(job.id);
	changes.emit(connected);
	expect(await over).toBe(job);

	const cleared = () => Promise.reject(new SemanticaError('NOT_FOUND', 'There is no such job.'));
	answers.push(lost, cleared);
	const gone = outcomes.of(job.id);
	changes.emit(connected);
	expect(await gone).toBeUndefined();
});
