/** The connection's states as a pure function of events (docs/design.md section 7). No editor, no I/O. */
import { isOutdated } from '../../shared/outdated.ts';
import type { ServerIdentity } from '../../shared/protocol/requests.ts';

export type Relation = 'same' | 'older' | 'newer';

export type LinkState =
	/** Nobody has needed the daemon yet, or it was let go. */
	| { readonly kind: 'stopped' }
	| { readonly kind: 'starting' }
	| {
			readonly kind: 'connected';
			readonly server: ServerIdentity;
			/** The daemon's build, beside this window's. */
			readonly relation: Relation;
			readonly since: number;
			/** Connections lost in a row before this one; forgotten once it proves stable. */
			readonly failures: number;
	  }
	/** The daemon is older, speaks another protocol, and has been asked to make way: nothing can be asked of it. */
	| {
			readonly kind: 'handover';
			readonly server: ServerIdentity;
			readonly since: number;
			readonly failures: number;
			/** It finishes runs first; else it is gone in a moment. */
			readonly busy: boolean;
	  }
	/** Only a newer build can work with the daemon or the database that is there: waits for a person too. */
	| { readonly kind: 'outdated'; readonly error: Error }
	| { readonly kind: 'reconnecting'; readonly failures: number }
	/** Waits for a person: retrying by itself would only burn their battery. */
	| { readonly kind: 'failed'; readonly error: Error };

export type LinkEvent =
	| { readonly type: 'start' }
	| {
			readonly type: 'ready';
			readonly server: ServerIdentity;
			readonly relation: Relation;
			readonly at: number;
	  }
	| { readonly type: 'handover'; readonly server: ServerIdentity; readonly at: number }
	/** The daemon was asked to make way, and finishes runs first. */
	| { readonly type: 'busy' }
	| { readonly type: 'openFailed'; readonly error: Error }
	| { readonly type: 'closed'; readonly at: number }
	| { readonly type: 'stop' };

/** Connections lost in a row, each soon after it was made, before a person is asked. */
export const MAX_FAILURES = 5;
/** A connection that held so long ends a row of failures. */
export const STABLE_MS = 10_000;

const CRASH_LOOP =
	'The connection to the Semantica daemon was lost several times in a row, each time soon after it was made. ' +
	'Semantica: Show Daemon Log tells why; Semantica: Restart Daemon tries again.';

export function transition(state: LinkState, event: LinkEvent): LinkState {
	if (event.type === 'stop') return { kind: 'stopped' };
	switch (state.kind) {
		case 'stopped':
		case 'failed':
		case 'outdated':
			return event.type === 'start' ? { kind: 'starting' } : state;
		case 'starting':
			if (event.type === 'ready') return connected(event, 0);
			if (event.type === 'handover') return handover(event, 0);
			if (event.type === 'openFailed') return failed(event.error);
			return event.type === 'closed' ? { kind: 'reconnecting', failures: 1 } : state;
		case 'reconnecting':
			if (event.type === 'ready') return connected(event, state.failures);
			if (event.type === 'handover') return handover(event, state.failures);
			if (event.type === 'openFailed') return lost(state.failures, event.error);
			return event.type === 'closed' ? lost(state.failures, new Error(CRASH_LOOP)) : state;
		case 'handover':
		case 'connected': {
			if (event.type === 'busy' && state.kind === 'handover') return { ...state, busy: true };
			if (event.type !== 'closed') return state;
			const stable = event.at - state.since >= STABLE_MS;
			return lost(stable ? 0 : state.failures, new Error(CRASH_LOOP));
		}
	}
}

function connected(event: LinkEvent & { type: 'ready' }, failures: number): LinkState {
	const { server, relation, at } = event;
	return { kind: 'connected', server, relation, since: at, failures };
}

function handover(event: LinkEvent & { type: 'handover' }, failures: number): LinkState {
	return { kind: 'handover', server: event.server, since: event.at, failures, busy: false };
}

function failed(error: Error): LinkState {
	return { kind: isOutdated(error) ? 'outdated' : 'failed', error };
}

function lost(failuresBefore: number, error: Error): LinkState {
	const failures = failuresBefore + 1;
	// What a newer build is needed for does not go away by trying.
	if (failures > MAX_FAILURES || isOutdated(error)) return failed(error);
	return { kind: 'reconnecting', failures };
}

/** How long to wait before connection attempt number `failures`, ms. Jitter keeps windows from stampeding. */
export function backoffMs(failures: number, random: number): number {
	return Math.min(3_000, 50 * 2 ** (failures - 1)) * (0.5 + random);
}
