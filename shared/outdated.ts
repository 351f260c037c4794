/** The error of a build that is too old for the daemon that runs, or for the database that is there. */
import type { BuildStamp } from './build.ts';
import { SemanticaError } from './errors.ts';

/** For a client that is older than the daemon, and does not speak its protocol. */
export function outdatedError(own: BuildStamp, running: BuildStamp): SemanticaError {
	return new SemanticaError(
		'SYSTEM',
		`The Semantica daemon is version ${running.version} and speaks a newer protocol than this version ${own.version}. Update Semantica.`,
		{ outdated: true },
	);
}

export function isOutdated(error: unknown): boolean {
	return error instanceof SemanticaError && error.data['outdated'] === true;
}
