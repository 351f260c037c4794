/** Keys of machines, and what is signed with them: jobs, reports of their ends, orders. */
import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type KeyObject,
	sign,
	verify,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { SemanticaError } from '../../shared/errors.ts';
import { writeAtomically } from '../../shared/privateFile.ts';

/** What is signed for one purpose is worth nothing for another. */
export type Purpose = 'job' | 'report' | 'order';

export interface Identity {
	/** Public key, base64 of 32 bytes. */
	readonly key: string;
	/** The id that follows from it: another key has another. */
	readonly id: string;
	/** Base64 of 64 bytes. */
	sign(purpose: Purpose, bytes: Buffer): string;
}

/** Kept in a file of its own, 0600: it outlives leaving, so that who was told of it goes on knowing this machine. */
export function openIdentity(file: string): Identity {
	const secret = existsSync(file) ? readKey(file) : makeKey(file);
	const key = rawKey(createPublicKey(secret));
	return {
		key,
		id: machineIdOf(key),
		sign: (purpose, bytes) => sign(null, framed(purpose, bytes), secret).toString('base64'),
	};
}

export function isSignedBy(
	key: string,
	purpose: Purpose,
	bytes: Buffer,
	signature: string,
): boolean {
	try {
		const x = Buffer.from(key, 'base64').toString('base64url');
		const open = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
		return verify(null, framed(purpose, bytes), open, Buffer.from(signature, 'base64'));
	} catch {
		return false;
	}
}

/** The id of the machine with this public key, base64. */
export function machineIdOf(key: string): string {
	const hex = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A public key as people tell it to each other. */
export function shownKey(key: string): string {
	return `F${Buffer.from(key, 'base64').toString('base64url')}`;
}

/** @throws SemanticaError VALIDATION */
export function readShownKey(text: string): string {
	const bytes = Buffer.from(text.trim().slice(1), 'base64url');
	if (/^F[A-Za-z0-9_-]{43}$/.test(text.trim()) && bytes.length === 32) {
		return bytes.toString('base64');
	}
	throw new SemanticaError(
		'VALIDATION',
		`"${text}" is no key of a machine. It says its own with: semantica fleet key`,
		{ path: 'key' },
	);
}

function framed(purpose: Purpose, bytes: Buffer): Buffer {
	return Buffer.concat([Buffer.from(`semantica fleet ${purpose}\0`), bytes]);
}

function makeKey(file: string): KeyObject {
	const { privateKey } = generateKeyPairSync('ed25519');
	writeAtomically(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
	return privateKey;
}

function readKey(file: string): KeyObject {
	try {
		const key = createPrivateKey(readFileSync(file, 'utf8'));
		if (key.asymmetricKeyType === 'ed25519') return key;
	} catch {
		// Said below.
	}
	throw new SemanticaError(
		'SYSTEM',
		`${file} does not hold the key of this machine any more. Put it back from a backup, or remove it and be another machine.`,
	);
}

function rawKey(key: KeyObject): string {
	return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
}
