/** Removing payload files that no job refers to any more (docs/design.md section 5). */
import type { QueueAccess } from './queueAccess.ts';
import type { PayloadRoom } from './store.ts';

/** Files forgotten per transaction. */
const BATCH = 100;

export interface Collector {
	/** Removes what no row refers to; calls that come meanwhile share the work. */
	collect(): Promise<void>;
	/** Removes files without a row, which an interrupted daemon left behind; `stopped` ends it early. */
	sweep(stopped: () => boolean): Promise<void>;
}

export function createCollector(
	{ table, keeper, folder }: PayloadRoom,
	writer: QueueAccess['writer'],
): Collector {
	let running: Promise<void> | undefined;
	let again = false;

	// Pins are looked at in the writer's turn, where no enqueue can come in between; the row goes first, so
	// that a crash leaves a file without a row and never a row without its file.
	async function collectBatch(): Promise<boolean> {
		const gone = await writer.submit(() => {
			const unpinned = table.unused(BATCH).filter(({ hash }) => !keeper.pins.isPinned(hash));
			for (const { hash } of unpinned) table.forget(hash);
			return unpinned;
		}, BATCH);
		await Promise.all(gone.map(({ hash, stored }) => keeper.discard(hash, stored)));
		return gone.length > 0;
	}

	async function collectAll(): Promise<void> {
		do {
			again = false;
			while (table.hasUnused() && (await collectBatch()));
		} while (again);
	}

	return {
		collect() {
			again = true;
			running ??= collectAll().finally(() => {
				running = undefined;
			});
			return running;
		},
		async sweep(stopped) {
			for await (const hash of folder.scan()) {
				if (stopped()) return;
				await keeper.discard(hash, 0);
			}
		},
	};
}
