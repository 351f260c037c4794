/** Says which running rows have to say another time. It ticks only while somebody looks and something runs. */
import type { Job } from '../../../shared/job.ts';
import type { Disposable } from '../../lifetime.ts';
import { elapsedMs, untilNextStep } from '../text/elapsed.ts';

/** Steps that lie closer together are said at once. */
const LEAST_TICK_MS = 500;
const TICK_MS = 5_000;

export interface ClockPorts {
	/** Jobs under Running, in their order. */
	running(): readonly Job[];
	readonly now: () => number;
	/** @param ids whose words are other ones now */
	tick(ids: readonly string[]): void;
	/** @param ids of all that run long enough to be asked about */
	long(ids: readonly string[]): void;
}

export class RunningClock implements Disposable {
	readonly #ports: ClockPorts;
	#said = new Map<string, number>();
	#visible = false;
	#timer: NodeJS.Timeout | undefined;

	constructor(ports: ClockPorts) {
		this.#ports = ports;
	}

	set visible(visible: boolean) {
		this.#visible = visible;
		// Who comes back sees times of before.
		if (visible) this.#look();
		else this.#stop();
	}

	/** Jobs may have begun to run. */
	changed(): void {
		if (this.#visible && this.#timer === undefined && this.#ports.running().length > 0)
			this.#later();
	}

	dispose(): void {
		this.#stop();
	}

	#look(): void {
		this.#timer = undefined;
		const { running, now, tick, long } = this.#ports;
		const jobs = running();
		const said = new Map<string, number>();
		for (const job of jobs) {
			const ms = elapsedMs(job, now());
			if (ms !== undefined) said.set(job.id, ms);
		}
		// Of a clock that was set back, there is nothing to say any more.
		const other = jobs.map(({ id }) => id).filter((id) => this.#said.get(id) !== said.get(id));
		this.#said = said;
		if (said.size > 0) long([...said.keys()]);
		if (other.length > 0) tick(other);
		if (jobs.length > 0) this.#later();
	}

	#later(): void {
		if (this.#timer !== undefined) return;
		const now = this.#ports.now();
		const next = this.#ports.running().map((job) => untilNextStep(job, now));
		const ms = Math.max(LEAST_TICK_MS, Math.min(TICK_MS, ...next));
		this.#timer = setTimeout(() => this.#look(), ms);
	}

	#stop(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
	}
}
