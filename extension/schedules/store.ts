/** What this window knows of the daemon's schedules; the tree and the commands are projections of it. */
import type { Schedule, SchedulesChanged } from '../../shared/protocol/schedules.ts';
import { Signal } from '../lifetime.ts';

export type ScheduleChanges = Exclude<SchedulesChanged, { readonly resync: true }>;

export interface ScheduleStoreChange {
	/** Whether schedules came or went. */
	readonly list: boolean;
	/** Those that may look different, by name. */
	readonly names: readonly string[];
}

export class ScheduleStore {
	readonly #changes = new Signal<ScheduleStoreChange>();
	readonly onDidChange = this.#changes.on;
	readonly #byName = new Map<string, Schedule>();

	get size(): number {
		return this.#byName.size;
	}

	get(name: string): Schedule | undefined {
		return this.#byName.get(name);
	}

	/** By name: a row keeps its place whenever it is due. */
	all(): Schedule[] {
		return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	replace(schedules: readonly Schedule[]): void {
		this.#byName.clear();
		for (const schedule of schedules) this.#byName.set(schedule.name, schedule);
		this.#changes.emit({ list: true, names: schedules.map(({ name }) => name) });
	}

	apply({ schedules, removed }: ScheduleChanges): void {
		let list = false;
		for (const name of removed) list = this.#byName.delete(name) || list;
		for (const schedule of schedules) {
			list ||= !this.#byName.has(schedule.name);
			this.#byName.set(schedule.name, schedule);
		}
		this.#changes.emit({ list, names: schedules.map(({ name }) => name) });
	}

	clear(): void {
		if (this.size > 0) this.replace([]);
	}
}
