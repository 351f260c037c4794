import { expect, it } from 'vitest';
import type { Schedule } from '../../../shared/protocol/schedules.ts';
import { explainSchedule, whenText } from '../../../shared/scheduleText.ts';

const NOW = Date.parse('2026-11-26T20:00:00Z');
const HOUR = 3_600_000;

function schedule(more: Partial<Schedule>): Schedule {
	return {
		name: 'nightly',
		spec: {
			type: 'command',
			title: 'npm test',
			queue: 'default',
			workspace: null,
			subject: null,
			tag: null,
			priority: 0,
			command: null,
			after: [],
			payloadBytes: 0,
		},
		when: { cron: '0 3 * * *' },
		timezone: 'Europe/Berlin',
		missed: 'once',
		overlap: 'skip',
		jitterMs: 0,
		startAt: null,
		endAt: null,
		enabled: true,
		createdAt: NOW,
		changedAt: NOW,
		nextAt: NOW + 6 * HOUR,
		firesAt: NOW + 6 * HOUR,
		unfinished: { queued: 0, running: 0 },
		last: null,
		missedTimes: null,
		overlapped: 0,
		lastError: null,
		...more,
	};
}

const last = {
	dueAt: Date.parse('2026-11-26T02:00:00Z'),
	firedAt: NOW,
	jobId: 'id',
	state: 'succeeded',
	finishedAt: NOW,
} as const;

it.each([
	[{}, 'next in 6 h'],
	[
		{ last, missedTimes: { count: 2, ran: 1, at: NOW } },
		'next in 6 h; last ran 03:00, succeeded; missed 2 while the machine slept or the daemon was not there, ran once',
	],
	[
		{ last: { ...last, dueAt: last.dueAt - 30 * HOUR, state: null, finishedAt: null } },
		'next in 6 h; last ran 2026-11-24 21:00',
	],
	[
		{ last: { ...last, state: 'running', finishedAt: null }, overlapped: 3 },
		'next in 6 h; that of 03:00 is running; passed 3 times because the one before was unfinished',
	],
	[{ enabled: false, nextAt: null, firesAt: null }, 'paused'],
	[{ nextAt: null, firesAt: null }, 'will not be due again'],
	[{ firesAt: NOW }, 'due now'],
	[{ lastError: { code: 'CONFLICT', message: 'No.', at: NOW } }, 'next in 6 h; refused 21:00: No.'],
] as const)('%j is explained', (more, text) => {
	expect(explainSchedule(schedule(more), NOW)).toBe(text);
});

it('says when it is due', () => {
	expect(whenText({ cron: '@daily' }, 'UTC')).toBe('@daily');
	expect(whenText({ everyMs: 5_400_000 }, 'UTC')).toBe('every 1 h 30 min');
	expect(whenText({ at: NOW }, 'Europe/Berlin')).toBe('once, 2026-11-26 21:00');
});
