/** Parameters that another thread has judged. */
import type { Refusal } from '../refusal.ts';

export class CheckedParams {
	readonly value: unknown;

	constructor(value: unknown) {
		this.value = value;
	}
}

export class RefusedParams {
	readonly refusal: Refusal;

	constructor(refusal: Refusal) {
		this.refusal = refusal;
	}
}
