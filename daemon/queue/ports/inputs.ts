/** What a run depends on, as the processes room and the queue tell each other of it. */

/** What was done, to what. */
export interface InputState {
	/** Of the command, its folder and which inputs are meant: the same work has the same. */
	readonly work: string;
	/** Of all that it depends on; equal where nothing changed. */
	readonly digest: string;
	/** Which files had which content, for the next look; null where there are too many to keep. */
	readonly manifest: Buffer | null;
}

/** The last time that the same work succeeded. */
export interface LastSuccess {
	readonly digest: string;
	/** Id of the job that really ran; it may be removed. */
	readonly job: string;
	/** JSON text. */
	readonly result: string | null;
	readonly manifest: Buffer | null;
}
