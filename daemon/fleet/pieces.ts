/** A piece of a log on its way: its bytes, and who wrote what. What comes from others is checked. */
import * as z from 'zod';
import { type LogSpan, logSourceSchema } from '../../shared/protocol/logs.ts';

export const spansSchema = z
	.array(z.object({ offset: z.int().min(0), source: logSourceSchema }))
	.max(10_000);
const pieceSchema = z.object({ bytes: z.string(), spans: spansSchema });

export interface Piece {
	readonly bytes: Buffer;
	readonly spans: readonly LogSpan[];
}

/** Base64 of JSON; `text` is base64 itself. */
export function packPiece({
	text,
	spans = [],
}: {
	readonly text: string;
	readonly spans?: readonly LogSpan[] | undefined;
}): string {
	const few = spans.slice(0, 300);
	return Buffer.from(JSON.stringify({ bytes: text, spans: few })).toString('base64');
}

export function unpackPiece(data: string): Piece | undefined {
	try {
		const { bytes, spans } = pieceSchema.parse(JSON.parse(Buffer.from(data, 'base64').toString()));
		return { bytes: Buffer.from(bytes, 'base64'), spans };
	} catch {
		return undefined;
	}
}

/** Of a part of a log, without gaps, the first beginning where the part does. */
export function spansIn(spans: readonly LogSpan[], from: number, to: number): LogSpan[] {
	const before = spans.findLast(({ offset }) => offset <= from);
	const within = spans.filter(({ offset }) => offset > from && offset < to);
	return [{ offset: from, source: before?.source ?? 'stdout' }, ...within];
}
