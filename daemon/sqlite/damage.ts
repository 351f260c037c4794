import { errorCode } from '../../shared/errors.ts';

/** SQLite's word that the file itself is broken, not the statement. */
export function isDamage(error: unknown): boolean {
	const code = errorCode(error) ?? '';
	return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}
