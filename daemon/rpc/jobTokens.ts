/** What a job's own token may do: enqueue children, and read itself and them. */
import { SemanticaError } from '../../shared/errors.ts';
import type { Session } from './asking.ts';
import type { RequestSignal } from './openRequests.ts';

export function clientsOnly<P, R>(
	handler: (params: P, session: Session, signal: RequestSignal) => R,
) {
	return (params: P, session: Session, signal: RequestSignal): R => {
		if (session.job !== undefined) throw notForJobs('enqueue children and read itself and them');
		return handler(params, session, signal);
	};
}

export function notForJobs(allowed: string): SemanticaError {
	return new SemanticaError('UNAUTHORIZED', `A job's own token may ${allowed}.`);
}

export function asChildOf<S extends { parentId?: string | undefined }>(
	session: Session,
	spec: S,
	path: string,
): S {
	if (session.job === undefined) return spec;
	if (spec.parentId !== undefined && spec.parentId !== session.job.id) {
		throw new SemanticaError(
			'UNAUTHORIZED',
			"A job's own token may enqueue children of that job only.",
			{ path },
		);
	}
	return { ...spec, parentId: session.job.id };
}
