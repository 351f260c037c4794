/** Who may speak: clients with the data folder's token, and runs with one of their own that dies with them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { proofOf } from '../../shared/proof.ts';

export interface JobIdentity {
	readonly id: string;
	readonly run: number;
}

export interface Tokens {
	/** Undefined for a token that nobody was given. */
	identify(token: string): { readonly job: JobIdentity | undefined } | undefined;
	issue(jobId: string, run: number): string;
	revoke(token: string): void;
	/** That this daemon knows the data folder's token. */
	prove(endpoint: string, nonce: string): string;
}

export function createTokens(clientToken: string): Tokens {
	// Keyed by hash: a lookup then tells nothing about the token by how long it takes.
	const runs = new Map<string, JobIdentity>();
	const client = digest(clientToken);
	return {
		identify(token) {
			const hash = digest(token);
			if (timingSafeEqual(hash, client)) return { job: undefined };
			const job = runs.get(hash.toString('hex'));
			return job === undefined ? undefined : { job };
		},
		issue(id, run) {
			const token = randomBytes(32).toString('hex');
			runs.set(digest(token).toString('hex'), { id, run });
			return token;
		},
		revoke(token) {
			runs.delete(digest(token).toString('hex'));
		},
		prove: (endpoint, nonce) => proofOf(clientToken, endpoint, nonce),
	};
}

function digest(token: string): Buffer {
	return createHash('sha256').update(token).digest();
}
