/** Schedules in the scheduling loop: one timer, sleeps of the machine, a clock that jumps. */
import { expect, it } from 'vitest';
import { openScheduler } from '../../support/scheduler.ts';
import { schedulesOn, type TestSchedules } from '../../support/schedules.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function open() {
	let schedules: TestSchedules | undefined;
	const scheduler = openScheduler({
		schedules: (queue) => {
			schedules = schedulesOn(queue);
			return schedules;
		},
	});
	if (schedules === undefined) throw new Error('Nobody asked for schedules.');
	return { ...scheduler, schedules };
}

it('what is due starts at its time, by the one timer of the loop', async () => {
	const { clock, schedules, running, settle, advance } = open();
	expect(clock.pending).toEqual([]);
	await schedules.put('late', { when: { at: clock.now() + 90 * SECOND } });
	await settle();
	// It looks at the clock once a minute, since that may jump.
	expect(clock.pending).toEqual([MINUTE]);
	await advance(MINUTE);
	expect(clock.pending).toEqual([30 * SECOND]);
	await advance(30 * SECOND);
	expect([...running.keys()]).toEqual(schedules.jobs('late').map(({ id }) => id));
	for (const run of running.values()) run.exit();
	await settle();
	expect(clock.pending).toEqual([]);
});

it('a night that the machine slept through is made up for once', async () => {
	const { clock, schedules, running, settle, suspend, advance } = open();
	await schedules.put('hourly', { when: { everyMs: HOUR } });
	await settle();
	suspend(8 * HOUR + 30 * MINUTE);
	await advance(MINUTE);
	expect(running.size).toBe(1);
	expect(schedules.jobs('hourly')).toHaveLength(1);
	expect(schedules.get('hourly')).toMatchObject({
		missedTimes: { count: 7, ran: 1 },
		nextAt: clock.now() - MINUTE - 30 * MINUTE + HOUR,
	});
});

it('a clock that is set back holds an interval up no longer than it is', async () => {
	const { schedules, running, settle, suspend, advance } = open();
	await schedules.put('often', { when: { everyMs: 10 * MINUTE } });
	await settle();
	suspend(-24 * HOUR);
	await advance(11 * MINUTE);
	expect(running.size).toBe(1);
});

it('nothing fires while nothing is to start, and no timer waits for it', async () => {
	const { clock, loop, schedules, running, settle, advance } = open();
	await schedules.put('often', { when: { everyMs: MINUTE } });
	await settle();
	loop.stopClaiming('the daemon leaves');
	await advance(10 * MINUTE);
	expect(running.size).toBe(0);
	expect(schedules.jobs('often')).toEqual([]);
	expect(clock.pending).toEqual([]);
});
