/** From single readings to a power state that work may follow: no flapping (docs/processes.md section 7). */
import type { PowerReading } from './reader.ts';

export interface PowerRules {
	/** Between reads while power matters, ms. */
	readonly pollMs: number;
	/** The mains is lost when a second read this much later says so too, ms. */
	readonly confirmMs: number;
	/** The mains is back when every read of this long says so, ms. */
	readonly acStableMs: number;
}

/** A low battery is low until this much above the limit. */
export const BATTERY_LEAVE_ABOVE = 5;

export interface PowerState {
	readonly source: PowerReading['source'];
	/** Epoch ms. */
	readonly since: number;
	readonly latest: PowerReading;
	/** A change that readings suggest but that is not settled yet; `from` is monotonic ms. */
	readonly pending: { readonly to: 'ac' | 'other'; readonly from: number } | undefined;
}

export interface Moment {
	/** Epoch ms. */
	readonly wall: number;
	readonly monotonic: number;
}

/** @param state Undefined at first and after a suspend: then the reading is believed as it is. */
export function settlePower(
	state: PowerState | undefined,
	reading: PowerReading,
	at: Moment,
	rules: PowerRules,
): PowerState {
	const adopted = { source: reading.source, since: at.wall, latest: reading, pending: undefined };
	if (state === undefined || state.source === 'unknown') {
		return state?.source === reading.source ? { ...adopted, since: state.since } : adopted;
	}
	if (reading.source === state.source) return { ...state, latest: reading, pending: undefined };
	const to = reading.source === 'ac' ? 'ac' : 'other';
	const from = state.pending?.to === to ? state.pending.from : at.monotonic;
	const stable = to === 'ac' ? rules.acStableMs : rules.confirmMs;
	if (at.monotonic - from >= stable) return adopted;
	return { ...state, latest: reading, pending: { to, from } };
}

/** Milliseconds until the next read is due. */
export function nextReadIn(state: PowerState, at: Moment, rules: PowerRules): number {
	if (state.pending === undefined) return rules.pollMs;
	const stable = state.pending.to === 'ac' ? rules.acStableMs : rules.confirmMs;
	return Math.max(0, Math.min(rules.pollMs, state.pending.from + stable - at.monotonic));
}

/** Whether a charge counts as below `limit`, given whether it did before. */
export function isLow(before: boolean | undefined, percent: number, limit: number): boolean {
	if (before !== true) return percent < limit;
	return percent < Math.min(100, limit + BATTERY_LEAVE_ABOVE);
}
