/** A page of a list: its bounds, and the cursor that goes on after it, bound to filter and sort. */
import { createHash } from 'node:crypto';
import { SemanticaError } from '../../../shared/errors.ts';
import type { JobFilter } from '../../../shared/protocol/jobs.ts';
import { type JobRow, wireBytes } from '../store/rows.ts';

/** The sorted value of a job, and its generation. */
export type Position = [value: number, generation: number];

/** Rows until there are enough of them, or they take too many bytes; at least one. */
export interface Page {
	readonly limit: number;
	readonly rows: JobRow[];
	/** What was added last had no room. */
	more: boolean;
	add(row: JobRow): void;
}

export function createPage(limit: number, maxBytes: number): Page {
	const page: Page = {
		limit,
		rows: [],
		more: false,
		add(row) {
			bytes += wireBytes(row);
			page.more ||= page.rows.length === limit || (bytes > maxBytes && page.rows.length > 0);
			if (!page.more) page.rows.push(row);
		},
	};
	let bytes = 0;
	return page;
}

export function bindingOf(filter: JobFilter, sort: string): string {
	const canonical = Object.entries(filter).sort(([a], [b]) => a.localeCompare(b));
	return createHash('sha256')
		.update(JSON.stringify([canonical, sort]))
		.digest('base64url')
		.slice(0, 16);
}

export function writeCursor(binding: string, position: Position): string {
	return Buffer.from(JSON.stringify([binding, ...position])).toString('base64url');
}

/** @throws SemanticaError VALIDATION */
export function readCursor(cursor: string, binding: string): Position {
	const refuse = (why: string) =>
		new SemanticaError('VALIDATION', `The cursor ${why}. Start again without a cursor.`, {
			path: 'cursor',
		});
	let parsed: unknown;
	try {
		parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
	} catch {
		throw refuse('is not one that this daemon gave out');
	}
	if (!Array.isArray(parsed) || parsed.length !== 3) {
		throw refuse('is not one that this daemon gave out');
	}
	const [bound, value, generation] = parsed as unknown[];
	if (bound !== binding) throw refuse('belongs to another filter or sort');
	if (typeof value !== 'number' || typeof generation !== 'number') {
		throw refuse('is not one that this daemon gave out');
	}
	return [value, generation];
}
