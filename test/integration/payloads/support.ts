/** Payload files on disk, and jobs that tell what they were given. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job, JobSpecInput } from '../../../shared/job.ts';
import { jobEnd, shell, type TestDaemon } from '../../support/daemon.ts';

/** The threshold that a daemon has when nobody set another. */
export const THRESHOLD = 10_000;

export function sha256(content: string | Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}

/** Payload files, by name; drafts and inputs of runs are not among them. */
export function payloadFiles(folder: string): string[] {
	return readdirSync(folder)
		.filter((name) => name !== 'drafts' && name !== 'inputs')
		.flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)));
}

export function drafts(folder: string): string[] {
	return namesIn(join(folder, 'drafts'));
}

/** What runs that are going on read. */
export function inputs(folder: string): string[] {
	return namesIn(join(folder, 'inputs'));
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

export function pathOfContent(folder: string, content: string | Buffer): string {
	return pathOfHash(folder, sha256(content));
}

export function pathOfHash(folder: string, hash: string): string {
	return join(folder, hash.slice(0, 2), `${hash}.zst`);
}

/** A job whose result is the SHA-256 of its stdin. */
export function digesting(more: Partial<JobSpecInput>): JobSpecInput {
	return shell(
		`d=$({ sha256sum || shasum -a 256; } 2>/dev/null); echo "::semantica result \\"\${d%% *}\\""`,
		more,
	);
}

/** Ends when the job does; its result is what `digesting` found. */
export async function digestOfJob(daemon: TestDaemon, id: string): Promise<Job['result']> {
	const job = await jobEnd(daemon, id);
	if (job.state !== 'succeeded') throw new Error(`${job.state}: ${job.error?.message}`);
	return job.result;
}

/** The whole payload by `job/payload`, in parts of the given size. */
export async function readPayload(
	connection: DaemonConnection,
	id: string,
	maxBytes: number,
): Promise<string> {
	let text = '';
	for (let offset = 0; ; ) {
		const part = await connection.request('job/payload', { id, offset, maxBytes });
		text += part.text;
		if (part.eof) return text;
		if (part.nextOffset <= offset) throw new Error(`No progress at offset ${offset}.`);
		offset = part.nextOffset;
	}
}

export interface Refusal {
	readonly code: number;
	readonly kind: string | undefined;
	readonly path: string | undefined;
	readonly message: string;
}

/** The error with which a request is refused. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
	try {
		await request;
	} catch (error) {
		const { code, data, message } = error as {
			code: number;
			data?: { kind?: string; path?: string };
			message: string;
		};
		return { code, kind: data?.kind, path: data?.path, message };
	}
	throw new Error('The request was carried out.');
}
