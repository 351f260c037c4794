/** What an index job says it did. Its result is another program's word, so nothing in it is taken for granted. */

export interface IndexSummary {
	/** Files looked at, indexed or not; undefined where the job does not say. */
	readonly files: number | undefined;
	/** How many were not indexed, by reason. */
	readonly skipped: ReadonlyMap<string, number>;
}

export function indexSummary(result: unknown): IndexSummary {
	const { files, skipped } = fields(result);
	const reasons = Object.entries(fields(skipped)).filter(
		(entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0,
	);
	return { files: typeof files === 'number' ? files : undefined, skipped: new Map(reasons) };
}

export function skippedCount({ skipped }: IndexSummary): number {
	return [...skipped.values()].reduce((sum, count) => sum + count, 0);
}

function fields(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
