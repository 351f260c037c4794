/** How a daemon proves that it is the data folder's own, before a client tells it anything (docs/security.md). */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Asked before `initialize`: `{nonce}` → `{proof}`. */
export const PROVE = 'system/prove';

/** The endpoint is part of it, so that what listens elsewhere cannot pass the question on. */
export function proofOf(token: string, endpoint: string, nonce: string): string {
	return createHmac('sha256', token)
		.update(`semantica daemon\0${endpoint}\0${nonce}`)
		.digest('hex');
}

export function isProof(given: unknown, token: string, endpoint: string, nonce: string): boolean {
	const right = Buffer.from(proofOf(token, endpoint, nonce));
	const said = Buffer.from(typeof given === 'string' ? given : '');
	return said.length === right.length && timingSafeEqual(said, right);
}
