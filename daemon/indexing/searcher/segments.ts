/** The segments of the indexes that are being searched, kept open. */
import { errorCode } from '../../../shared/errors.ts';
import type { DataPaths } from '../../../shared/paths.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { indexFolder } from '../catalogue/location.ts';
import { SegmentDamage } from '../segments/bytes.ts';
import { markDamaged, segmentFile } from '../segments/files.ts';
import { openSegment, type SegmentReader } from '../segments/reader.ts';

export interface OpenSegment {
	readonly id: number;
	/** Undefined where it is damaged or gone. */
	readonly reader: SegmentReader | undefined;
	/** Says to the next walk that it must be replaced. */
	onDamage(): void;
}

export interface OpenSegments {
	/** All that the rows of `db` name now: ask inside of a transaction, so that they stay those. */
	of(db: Sqlite, workspace: string): OpenSegment[];
	/** Closes what is open of an index. */
	drop(workspace: string): void;
	close(): void;
}

interface Known {
	readonly db: Sqlite;
	readonly segments: Map<number, OpenSegment>;
}

export function createOpenSegments(paths: DataPaths): OpenSegments {
	const known = new Map<string, Known>();

	const drop = (workspace: string): void => {
		for (const { reader } of known.get(workspace)?.segments.values() ?? []) reader?.close();
		known.delete(workspace);
	};
	function open(workspace: string, id: number): OpenSegment {
		const folder = indexFolder(paths, workspace);
		const onDamage = (): void => markDamaged(folder, id);
		try {
			return { id, reader: openSegment(segmentFile(folder, id)), onDamage };
		} catch (error) {
			if (errorCode(error) !== 'ENOENT' && !(error instanceof SegmentDamage)) throw error;
			if (error instanceof SegmentDamage) onDamage();
			return { id, reader: undefined, onDamage };
		}
	}
	return {
		of(db, workspace) {
			// An index that was built anew has other segments by the same numbers.
			if (known.get(workspace)?.db !== db) drop(workspace);
			const { segments } = known.get(workspace) ?? { segments: new Map<number, OpenSegment>() };
			known.set(workspace, { db, segments });
			const ids = new Set(
				db.prepare<[], number>('SELECT id FROM segments ORDER BY id').pluck().all(),
			);
			for (const [id, { reader }] of segments) {
				if (ids.has(id) && reader !== undefined) continue;
				reader?.close();
				segments.delete(id);
			}
			return [...ids].map((id) => {
				const segment = segments.get(id) ?? open(workspace, id);
				segments.set(id, segment);
				return segment;
			});
		},
		drop,
		close() {
			for (const workspace of [...known.keys()]) drop(workspace);
		},
	};
}
