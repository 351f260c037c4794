/** How much disk payload files may take, drafts included. */
import { SemanticaError } from '../../shared/errors.ts';

export class Quota {
	readonly #limit: () => number;
	#used: number;

	/** `used`: what stands there already. */
	constructor(limit: () => number, used: number) {
		this.#limit = limit;
		this.#used = used;
	}

	get limitBytes(): number {
		return this.#limit();
	}

	get usedBytes(): number {
		return this.#used;
	}

	/** A file that grows step by step; keep it or drop it when it is done. */
	reserve(): Reservation {
		let size = 0;
		return {
			growTo: (bytes) => {
				const more = bytes - size;
				if (this.#used + more > this.limitBytes) throw this.#refusal(bytes);
				this.#used += more;
				size = bytes;
			},
			drop: () => {
				this.#used -= size;
				size = 0;
			},
		};
	}

	removed(bytes: number): void {
		this.#used -= bytes;
	}

	#refusal(bytes: number): SemanticaError {
		const limit = describeBytes(this.limitBytes);
		return bytes > this.limitBytes
			? new SemanticaError(
					'TOO_LARGE',
					`The payload alone takes more than the ${limit} that all payload files together may have. ` +
						'Make it smaller, or raise "payloadQuotaBytes" in config.json.',
					{ path: 'payload' },
				)
			: new SemanticaError(
					'STORE',
					`The payload files have reached their quota of ${limit}, so nothing was saved. ` +
						'Remove finished jobs, or raise "payloadQuotaBytes" in config.json.',
					{ quotaBytes: this.limitBytes },
				);
	}
}

export interface Reservation {
	/** @throws SemanticaError TOO_LARGE or STORE */
	growTo(bytes: number): void;
	drop(): void;
}

/** 1,500,000 → "1.5 MB". */
export function describeBytes(bytes: number): string {
	const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${Number(value.toFixed(1))} ${units[unit]}`;
}
