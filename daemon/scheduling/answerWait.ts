/** How long a run waits for its person before others may have its slot. */
import type { Clock, Timer } from '../queue/ports/clock.ts';

/** A person who looks answers in that time, and nothing has to make room again. */
export const SLOT_KEPT_MS = 60_000;

export class AnswerWait {
	readonly #clock: Clock;
	/** It has waited that long; it keeps the slot until the queue says so. */
	readonly #long: () => void;
	#question: string | undefined;
	#timer: Timer | undefined;
	/** Its slot is not counted as taken. */
	leftSlot = false;

	constructor(clock: Clock, long: () => void) {
		this.#clock = clock;
		this.#long = long;
	}

	get isOpen(): boolean {
		return this.#question !== undefined;
	}

	/** A new question takes the place of one that is open. */
	asked(question: string, runs: boolean): void {
		this.#question = question;
		if (runs && !this.leftSlot) this.#arm();
	}

	/** It has its slot again, also where another question is open by now. */
	answered(question: string, runs: boolean): void {
		this.#disarm();
		this.leftSlot = false;
		if (this.#question === question) this.#question = undefined;
		else if (runs && this.isOpen) this.#arm();
	}

	/** A paused run has no slot anyway. */
	paused(): void {
		this.#disarm();
		this.leftSlot = false;
	}

	resumed(): void {
		if (this.isOpen) this.#arm();
	}

	/** Its end is decided, or here. */
	end(): void {
		this.#disarm();
		this.#question = undefined;
	}

	#arm(): void {
		this.#timer ??= this.#clock.after(SLOT_KEPT_MS, () => {
			this.#timer = undefined;
			this.#long();
		});
	}

	#disarm(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
	}
}
