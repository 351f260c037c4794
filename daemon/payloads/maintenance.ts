/** The background work of the room: collection, left-over files, and the threshold of existing rows. */
import { errorMessage } from '../../shared/errors.ts';
import { createCollector } from './collector.ts';
import { describeReport, inspectPayloads } from './inspection.ts';
import { createMigrator } from './migrator.ts';
import type { QueueAccess } from './queueAccess.ts';
import type { PayloadRoom } from './store.ts';

export interface PayloadMaintenance {
	/** Begins the background work; it goes on whenever jobs are removed. */
	start(): void;
	/** Resolves when nothing of it goes on any more. */
	stop(): Promise<void>;
	/** Some file may be needed no more. */
	tidy(): void;
	/** Resolves when what the start began is done. */
	settled(): Promise<void>;
	/** Bytes on disk of all payload files. */
	storedBytes(): number;
	/** Reads every payload file and tells in a sentence what it found. */
	check(): Promise<{ ok: boolean; message: string }>;
}

export function createPayloadMaintenance(
	room: PayloadRoom,
	queue: QueueAccess,
): PayloadMaintenance {
	const collector = createCollector(room, queue.writer);
	const migrator = createMigrator(room, queue);
	let stopped = false;
	let work: Promise<void> = Promise.resolve();
	let unsubscribe = () => {};

	function add(step: () => Promise<void>): void {
		work = work.then(step).catch((error: unknown) => {
			if (!stopped) room.warn(`Payload files could not be tidied up: ${errorMessage(error)}`);
		});
	}

	return {
		start() {
			const hasStopped = () => stopped;
			add(() => collector.sweep(hasStopped));
			add(() => migrator.run(hasStopped));
			add(() => collector.collect());
			unsubscribe = queue.feed.onEffects(({ removed }) => {
				if (removed.length > 0) add(() => collector.collect());
			});
		},
		async stop() {
			stopped = true;
			unsubscribe();
			await work;
		},
		tidy: () => add(() => collector.collect()),
		settled: () => work,
		storedBytes: () => room.quota.usedBytes,
		check: async () => describeReport(await inspectPayloads(room)),
	};
}
