/** Chooses the watched folders anew where what they were chosen by has changed, and tells of the change afterwards. */

export interface Renewal {
	/** @param told Called when the folders are those of now: what was in others before is missed by nobody who looks then. */
	because(told: () => void): void;
}

/** Another branch brings many such files at once. */
const QUIET_MS = 200;

export function createRenewal(renew: () => Promise<void>, quietMs = QUIET_MS): Renewal {
	let waiting: (() => void)[] = [];
	let timer: NodeJS.Timeout | undefined;
	let running = Promise.resolve();

	const one = async (): Promise<void> => {
		const due = waiting;
		waiting = [];
		// A folder that is gone meanwhile has none to choose: whoever is told finds that out.
		await renew().catch(() => {});
		for (const told of due) told();
	};
	return {
		because(told) {
			waiting.push(told);
			clearTimeout(timer);
			timer = setTimeout(() => {
				running = running.then(one);
			}, quietMs);
		},
	};
}
