/**
 * Where the next page of a search begins. A cursor belongs to one query over one choice of
 * indexes.
 */
import { createHash } from 'node:crypto';
import { SemanticaError } from '../../../shared/errors.ts';

export interface Position {
	/** Which reading of the query the first page settled on; of text, the number of the file. */
	readonly reading: number;
	/** Ranked files of that reading already looked at; of text, the last line that was shown. */
	readonly offset: number;
}

export function writeCursor(
	position: Position,
	query: string,
	workspace: string | undefined,
): string {
	const text = `${position.reading}.${position.offset}.${fingerprint(query, workspace)}`;
	return Buffer.from(text).toString('base64url');
}

/** @throws SemanticaError VALIDATION at `cursor`. */
export function readCursor(cursor: string, query: string, workspace: string | undefined): Position {
	const text = Buffer.from(cursor, 'base64url').toString('latin1');
	const match = /^(\d{1,9})\.(\d{1,9})\.(.+)$/.exec(text);
	if (match === null || match[3] !== fingerprint(query, workspace)) {
		throw new SemanticaError(
			'VALIDATION',
			'The cursor does not belong to this search. Start again without a cursor.',
			{ path: 'cursor' },
		);
	}
	return { reading: Number(match[1]), offset: Number(match[2]) };
}

function fingerprint(query: string, workspace: string | undefined): string {
	return createHash('sha256')
		.update(JSON.stringify([query, workspace ?? null]))
		.digest('hex')
		.slice(0, 12);
}
