/** Enqueuing so that a lost connection can neither lose nor double a job. */

import { randomUUID } from 'node:crypto';
import { ConnectionClosed, type DaemonConnection } from '../../shared/client/connection.ts';
import type { JobSpecInput } from '../../shared/job.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import { connectOrStart, type DaemonAccess } from './connect.ts';
import { CliError } from './errors.ts';
import { formatBytes } from './render/format.ts';

const ATTEMPTS = 3;

export interface Submission {
	/** Still open: for following what was enqueued. */
	readonly connection: DaemonConnection;
	readonly answer: Result<'job/enqueue'>;
}

export interface SubmitOptions {
	/** To go on with. */
	readonly open?: DaemonConnection | undefined;
	/** All of the output will be read: see followLog. */
	readonly hold?: boolean;
}

/**
 * Sends one request; when the connection closes before the answer, again over a new one. Each job must
 * carry a key: by it the daemon recognises what the first try already stored.
 */
export async function submit(
	access: DaemonAccess,
	jobs: readonly (JobSpecInput & { readonly key: string })[],
	{ open, hold = false }: SubmitOptions = {},
): Promise<Submission> {
	await assertFits(jobs);
	let connection = open;
	for (let attempt = 1; ; attempt++) {
		connection ??= await connectOrStart(access);
		try {
			const request = { jobs: [...jobs], ...(hold ? { hold } : {}) };
			return { connection, answer: await connection.request('job/enqueue', request) };
		} catch (error) {
			connection.dispose();
			connection = undefined;
			if (!(error instanceof ConnectionClosed) || attempt === ATTEMPTS) throw error;
		}
	}
}

/** Beyond this, a request may come near what the daemon accepts; below, nobody needs to look. Bytes. */
const LARGE = 1024 * 1024;

// The daemon ends a connection over which too much is announced, and could not say why.
async function assertFits(jobs: readonly JobSpecInput[]): Promise<void> {
	const size = Buffer.byteLength(JSON.stringify(jobs));
	if (size < LARGE) return;
	if (size + LARGE < LIMITS.frameBytes) return;
	throw new CliError(
		`A request of ${formatBytes(size)} is too large: ${formatBytes(LIMITS.frameBytes - LARGE)} may be sent at once. ` +
			'Put large input into a file that the command reads.',
	);
}

/** A key for work that the person gave none: new work each time the command is typed. */
export const newKey = (): string => `${GENERATED_KEY}${randomUUID()}`;
export const GENERATED_KEY = 'cli-';
