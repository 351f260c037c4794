import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	backoffMs,
	type LinkEvent,
	type LinkState,
	MAX_FAILURES,
	STABLE_MS,
	transition,
} from '../../../extension/connection/state.ts';
import { SemanticaError } from '../../../shared/errors.ts';

const server = {
	protocol: 1,
	instance: 'i',
	version: '1.0.0',
	buildId: 'b',
	builtAt: 1,
	stale: null,
};
const ready = (at = 0): LinkEvent => ({ type: 'ready', server, relation: 'same', at });
const closed = (at = 0): LinkEvent => ({ type: 'closed', at });
const openFailed: LinkEvent = { type: 'openFailed', error: new Error('no') };
const start: LinkEvent = { type: 'start' };
const stop: LinkEvent = { type: 'stop' };

const run = (...events: LinkEvent[]): LinkState =>
	events.reduce<LinkState>(transition, { kind: 'stopped' });

describe('the connection', () => {
	it('does nothing until it is wanted', () => {
		expect(run(ready(), closed(), openFailed).kind).toBe('stopped');
	});

	it('fails at once when the first attempt does: the reason will not go away by itself', () => {
		expect(run(start, openFailed)).toMatchObject({ kind: 'failed', error: { message: 'no' } });
	});

	it('waits for an update where only a newer build can go on, and does not keep trying', () => {
		const error = new SemanticaError('SYSTEM', 'Update.', { outdated: true });
		const outdated: LinkEvent = { type: 'openFailed', error };
		expect(run(start, outdated)).toEqual({ kind: 'outdated', error });
		expect(run(start, ready(), closed(), outdated)).toEqual({ kind: 'outdated', error });
		expect(run(start, outdated, closed()).kind).toBe('outdated');
		expect(run(start, outdated, start, ready()).kind).toBe('connected');
	});

	it('waits for an older daemon that makes way, and goes on with its successor', () => {
		const handover: LinkEvent = { type: 'handover', server, at: 0 };
		expect(run(start, handover)).toMatchObject({ kind: 'handover', busy: false });
		expect(run(start, handover, { type: 'busy' })).toMatchObject({ kind: 'handover', busy: true });
		expect(run(start, handover, closed(STABLE_MS))).toEqual({ kind: 'reconnecting', failures: 1 });
		expect(run(start, handover, closed(), ready()).kind).toBe('connected');
		expect(run(start, ready(), { type: 'busy' })).not.toHaveProperty('busy');
	});

	it('tries again when a person asks', () => {
		expect(run(start, openFailed, start).kind).toBe('starting');
		expect(run(start, openFailed, start, ready()).kind).toBe('connected');
	});

	it('reconnects after a loss, with patience', () => {
		expect(run(start, ready(), closed())).toEqual({ kind: 'reconnecting', failures: 1 });
		expect(run(start, ready(), closed(), openFailed)).toEqual({
			kind: 'reconnecting',
			failures: 2,
		});
		expect(run(start, ready(), closed(), openFailed, ready()).kind).toBe('connected');
	});

	it('gives up on a daemon that dies again and again right after its start', () => {
		const crash = Array.from({ length: MAX_FAILURES + 1 }, () => [ready(), closed()]).flat();
		expect(run(start, ...crash).kind).toBe('failed');
		expect(run(start, ...crash.slice(0, -2)).kind).toBe('reconnecting');
	});

	it('never gives up on one that is only lost now and then', () => {
		let state = run(start, ready(0));
		for (let now = 0; now < 50 * STABLE_MS; now += STABLE_MS) {
			state = transition(state, closed(now + STABLE_MS));
			expect(state).toEqual({ kind: 'reconnecting', failures: 1 });
			state = transition(state, ready(now + STABLE_MS));
		}
	});

	it('stops from everywhere, and stays stopped until it is wanted again', () => {
		const events = fc.constantFrom(start, ready(), closed(), openFailed);
		fc.assert(
			fc.property(fc.array(events), (before) => {
				expect(run(...before, stop).kind).toBe('stopped');
				expect(run(...before, stop, start).kind).toBe('starting');
			}),
		);
	});

	it('keeps the same state for events that mean nothing in it', () => {
		const connected = run(start, ready());
		expect(transition(connected, start)).toBe(connected);
		expect(transition(connected, openFailed)).toBe(connected);
	});
});

describe('the backoff', () => {
	it('starts small enough to be back within a second and stays bounded', () => {
		for (const random of [0, 0.5, 0.999]) {
			expect(backoffMs(1, random)).toBeLessThan(100);
			expect(backoffMs(30, random)).toBeLessThanOrEqual(4_500);
			expect(backoffMs(2, random)).toBeGreaterThan(backoffMs(1, random));
		}
	});
});
