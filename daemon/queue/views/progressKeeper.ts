/** Brings progress to the database: at most every 5 s, and at the end of a job by its own transition. */
import type { Progress } from '../../../shared/job.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import { parseJson } from '../store/rows.ts';
import type { Writer } from '../store/writer.ts';
import type { ProgressBoard } from './progress.ts';

const EVERY_MS = 5000;

export interface ProgressKeeper {
	dirty(id: string): void;
	flush(): Promise<void>;
	/** Puts the progress of open parents and their children back on the board. */
	restore(board: ProgressBoard): void;
}

interface Kept {
	id: string;
	parent_id: string | null;
	progress: string | null;
}

export function createProgressKeeper(
	db: Sqlite,
	writer: Writer,
	clock: Clock,
	shown: (id: string) => Progress | undefined,
): ProgressKeeper {
	const save = db.prepare('UPDATE jobs SET progress = ? WHERE id = ?');
	const open = db.prepare<[], Kept>(
		`SELECT job.id, parent.id AS parent_id, job.progress FROM jobs AS job
		 LEFT JOIN jobs AS parent ON parent.generation = job.parent
		 WHERE job.stage = 5 ORDER BY job.generation`,
	);
	// A parent is always older than its children, so its entry is there before theirs arrive.
	const children = db.prepare<[], Kept>(
		`SELECT job.id, parent.id AS parent_id, job.progress FROM jobs AS parent
		 JOIN jobs AS job ON job.parent = parent.generation
		 WHERE parent.stage = 5 AND job.progress IS NOT NULL`,
	);
	const waiting = new Set<string>();
	let timer: Timer | undefined;

	async function flush(): Promise<void> {
		timer?.cancel();
		timer = undefined;
		const ids = [...waiting];
		waiting.clear();
		if (ids.length === 0) return;
		await writer.submit(() => {
			for (const id of ids) {
				const progress = shown(id);
				if (progress !== undefined) save.run(JSON.stringify(progress), id);
			}
		}, ids.length);
	}

	return {
		flush,
		dirty(id) {
			waiting.add(id);
			// Losing one save costs nothing: the next one, or the job's end, brings it.
			timer ??= clock.after(EVERY_MS, () => void flush().catch(() => {}));
		},
		restore(board) {
			for (const { id, parent_id, progress } of open.all()) {
				board.open(id, parent_id, parseJson<Progress>(progress) ?? undefined);
			}
			for (const { id, parent_id, progress } of children.all()) {
				if (parent_id !== null && progress !== null) {
					board.restoreChild(parent_id, id, JSON.parse(progress) as Progress);
				}
			}
			waiting.clear();
		},
	};
}
