/** The schedules room put together: what fires when it is due, and what clients ask. */
import { createFire, type Fire, type FireOptions } from './fire.ts';
import {
	createScheduleRequests,
	type ScheduleRequests,
	type ScheduleRequestsOptions,
} from './requests.ts';
import { createScheduleTable } from './table.ts';

export type SchedulesOptions = Omit<FireOptions, 'table' | 'queue' | 'changed'> &
	Omit<ScheduleRequestsOptions, 'table' | 'changed'> & {
		/** They keep the daemon here. */
		readonly staysAlone: boolean;
	};

export interface Schedules extends Fire {
	readonly requests: ScheduleRequests;
	/** One has a next time: the daemon has to be there then. */
	awaits(): boolean;
	/** In sentences, for `doctor`. */
	check(): readonly { readonly ok: boolean; readonly message: string }[];
	/** Names of schedules that are another now, or gone; returns how to stop. */
	onChanged(listener: (names: readonly string[]) => void): () => void;
}

export function createSchedules(options: SchedulesOptions): Schedules {
	const table = createScheduleTable(options.queue.db);
	const listeners = new Set<(names: readonly string[]) => void>();
	const changed = (names: readonly string[]) => {
		for (const listener of listeners) listener(names);
	};
	const fire = createFire({ ...options, table, changed });
	return {
		...fire,
		requests: createScheduleRequests({ ...options, table, changed }),
		awaits: () => table.nextFire() !== undefined,
		check() {
			const { awaited, refused } = table.troubles();
			if (awaited + refused.length === 0) return [];
			const alone = options.staysAlone
				? ''
				: ' With schedules alone the daemon leaves after a minute here; what falls due then is made up for when a client starts it.';
			return [
				{ ok: true, message: `Schedules that have a next time: ${awaited}.${alone}` },
				...refused.map((name) => ({
					ok: false,
					message: `What the schedule "${name}" was to begin was refused: "semantica schedule list ${name}" says why.`,
				})),
			];
		},
		onChanged(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
