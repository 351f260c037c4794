/** Who may speak: clients with the data folder's token, and runs with one of their own that dies with them. */
import { hash, randomFillSync, timingSafeEqual } from 'node:crypto';
import { proofOf } from '../../shared/proof.ts';

export interface JobIdentity {
	readonly id: string;
	readonly run: number;
}

/** A process of a worker that this daemon started. */
export interface WorkerIdentity {
	readonly name: string;
	/** Of all starts of all of them. */
	readonly start: number;
}

/** Whose token it is; of a client's neither. */
export interface Speaker {
	readonly job?: JobIdentity | undefined;
	readonly worker?: WorkerIdentity | undefined;
}

export interface Tokens {
	/** Undefined for a token that nobody was given. */
	identify(token: string): Speaker | undefined;
	issue(jobId: string, run: number): string;
	issueWorker(worker: WorkerIdentity): string;
	revoke(token: string): void;
	/** That this daemon knows the data folder's token. */
	prove(endpoint: string, nonce: string): string;
}

const SECRET_BYTES = 32;
/** Asking the system for randomness costs most of it, so it is asked for many at once. */
const POOL_BYTES = 128 * SECRET_BYTES;

function createSecrets(): () => string {
	const pool = Buffer.alloc(POOL_BYTES);
	let used = POOL_BYTES;
	return () => {
		if (used === POOL_BYTES) {
			randomFillSync(pool);
			used = 0;
		}
		const secret = pool.toString('hex', used, used + SECRET_BYTES);
		// What was given out stands here no more.
		pool.fill(0, used, used + SECRET_BYTES);
		used += SECRET_BYTES;
		return secret;
	};
}

export function createTokens(clientToken: string): Tokens {
	const newSecret = createSecrets();
	// Keyed by hash: a lookup then tells nothing about the token by how long it takes.
	const issued = new Map<string, Speaker>();
	const client = digest(clientToken);

	function issue(speaker: Speaker): string {
		const token = newSecret();
		issued.set(digest(token).toString('hex'), speaker);
		return token;
	}

	return {
		identify(token) {
			const hash = digest(token);
			return timingSafeEqual(hash, client) ? {} : issued.get(hash.toString('hex'));
		},
		issue: (id, run) => issue({ job: { id, run } }),
		issueWorker: (worker) => issue({ worker }),
		revoke(token) {
			issued.delete(digest(token).toString('hex'));
		},
		prove: (endpoint, nonce) => proofOf(clientToken, endpoint, nonce),
	};
}

function digest(token: string): Buffer {
	return hash('sha256', token, 'buffer');
}
