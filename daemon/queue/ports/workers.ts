/** Workers as a port: the queue asks where functions may go, the workers room knows who is there. */

/** Whether a job has the process of its worker to itself: that died with it this often. */
export const runsAlone = (row: { readonly worker_deaths: number }, aloneAfter: number): boolean =>
	row.worker_deaths >= aloneAfter;

/** Room for runs of functions at one moment; what is taken is gone for whoever asks next. */
export interface WorkerRoom {
	has(type: string): boolean;
	take(type: string): void;
	giveBack(type: string): void;
}

export interface Workers {
	/** As it is now. */
	room(): WorkerRoom;
	/** Some worker is connected. */
	anybody(): boolean;
	/** Somebody who does this is connected. */
	present(type: string): boolean;
	/** Why a job of this type has no worker to go to, in words; undefined while there is room. */
	unmet(type: string): string | undefined;
	/** Runs of functions that may be out at once, over all workers. */
	maxFunctions(): number;
}

export const NO_WORKERS: Workers = {
	room: () => ({ has: () => false, take() {}, giveBack() {} }),
	anybody: () => false,
	present: () => false,
	unmet: (type) => `waits for a worker that does ${type}; none is connected`,
	maxFunctions: () => 0,
};
