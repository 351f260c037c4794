import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../../extension/connection/state.ts';
import { Signal } from '../../../extension/lifetime.ts';
import { ScheduleStore } from '../../../extension/schedules/store.ts';
import { followSchedules, type SchedulesPorts } from '../../../extension/schedules/subscription.ts';
import { createScheduleText } from '../../../extension/schedules/text.ts';
import { isScheduleName, parseWhen, suggestName } from '../../../extension/schedules/when.ts';
import type { Schedule } from '../../../shared/protocol/schedules.ts';

const NOW = new Date(2026, 10, 26, 20, 0).getTime();
const HOUR = 3_600_000;

function schedule(name: string, more: Partial<Schedule> = {}): Schedule {
	return {
		name,
		spec: {
			...{ type: 'command', title: 'npm test', queue: 'default', workspace: null, subject: null },
			...{ tag: null, priority: 0, after: [], payloadBytes: 0 },
			command: { command: 'npm', args: ['test'], cwd: '/w', env: ['PATH'], shell: false },
		},
		...{ when: { cron: '0 3 * * *' }, timezone: 'UTC', missed: 'once', overlap: 'skip' },
		...{ jitterMs: 0, startAt: null, endAt: null, enabled: true, createdAt: NOW, changedAt: NOW },
		...{ nextAt: NOW + 6 * HOUR, firesAt: NOW + 7 * HOUR, unfinished: { queued: 0, running: 0 } },
		...{ last: null, missedTimes: null, overlapped: 0, lastError: null },
		...more,
	};
}

describe('what a person types as a time', () => {
	it.each([
		['every 15m', { everyMs: 900_000 }],
		['1h30m', { everyMs: 5_400_000 }],
		['every 2 min', { everyMs: 120_000 }],
		['+2h', { at: NOW + 2 * HOUR }],
		['21:30', { at: NOW + 1.5 * HOUR }],
		['19:00', { at: NOW + 23 * HOUR }],
		['2026-11-26 22:00', { at: NOW + 2 * HOUR }],
		['2026-11-27', { at: NOW + 4 * HOUR }],
		['@daily', { cron: '@daily' }],
		[' 0 3 * * * ', { cron: '0 3 * * *' }],
		['0 0 3 * * mon', { cron: '0 0 3 * * mon' }],
	])('%s is understood', (text, when) => {
		expect(parseWhen(text, NOW)).toEqual({ when });
	});

	it.each([
		['every now and then', 'interval'],
		['every 0s', 'interval'],
		['25:00', 'time'],
		['18:', 'time'],
		['+soon', 'time'],
		['2026-02-30', 'time'],
		['2026-11-26 24:30', 'time'],
		['0 3 *', 'fields'],
		['at noon', 'fields'],
	])('%s is not, and it is said why', (text, problem) => {
		expect(parseWhen(text, NOW)).toEqual({ problem });
	});
});

it('suggests a name that is allowed and free', () => {
	const taken = new Set(['npm-run-build', 'npm-run-build-2']);
	expect(suggestName('npm run build', () => false)).toBe('npm-run-build');
	expect(suggestName('npm run build', (name) => taken.has(name))).toBe('npm-run-build-3');
	for (const line of ['"ä" | ß', './run.sh --all', 'x'.repeat(300)]) {
		expect(isScheduleName(suggestName(line, () => false))).toBe(true);
	}
});

describe('a row of a schedule', () => {
	const translate = (message: string, ...args: (string | number)[]) =>
		message.replace(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));
	const text = createScheduleText(
		translate,
		(at) => `+${(at - NOW) / HOUR}h`,
		() => NOW,
	);
	const last = { dueAt: NOW, firedAt: NOW, jobId: 'id', state: 'failed', finishedAt: NOW } as const;

	it.each([
		[{}, 'next +7h'],
		[{ last }, 'next +7h · last failed'],
		[{ last, unfinished: { queued: 1, running: 1 } }, 'next +7h · one is running'],
		[{ enabled: false, nextAt: null, firesAt: null, last }, 'paused · last failed'],
		[{ nextAt: null, firesAt: null }, 'will not be due again'],
		[{ last, lastError: { code: 'STORE', message: 'No.', at: NOW } }, 'next +7h · last refused'],
	])('%j says when it is due and what became of it', (more, description) => {
		expect(text.description(schedule('nightly', more))).toBe(description);
	});

	it('reads well aloud, and its tooltip explains it', () => {
		const nightly = schedule('nightly');
		expect(text.aloud(nightly, 'paused')).toBe('Schedule nightly, paused');
		expect(text.explanation(nightly)).toBe('next in 7 h');
		expect(text.facts(nightly)).toContainEqual(['Command', 'npm test']);
	});
});

describe('following the schedules', () => {
	function follow(pages: Schedule[][]) {
		const states = new Signal<LinkState>();
		const notifications: SchedulesPorts['notifications'] = new Signal();
		const asked: string[] = [];
		const store = new ScheduleStore();
		const answers = [...pages];
		const request = async (method: string) => {
			asked.push(method);
			if (method === 'schedule/subscribe') return {};
			const schedules = answers.shift() ?? [];
			const more = answers.length > 0 ? (schedules.at(-1)?.name ?? null) : null;
			// What changes between two pages.
			notifications.emit({ method: 'schedules/changed', params: changes });
			return { schedules, next: more };
		};
		let changes: unknown = { schedules: [], removed: [] };
		const link = { request, onDidChange: states.on } as unknown as SchedulesPorts['link'];
		const followed = followSchedules(store, { link, notifications, log: () => {} });
		const settled = () => new Promise((resolve) => setImmediate(resolve));
		return {
			...{ states, notifications, asked, store, answers, followed, settled },
			meanwhile: (params: unknown) => {
				changes = params;
			},
		};
	}
	const connected = { kind: 'connected' } as LinkState;

	it('subscribes, lists page by page, and loses no change meanwhile', async () => {
		const all = follow([[schedule('b')], [schedule('a')]]);
		all.meanwhile({ schedules: [schedule('b', { enabled: false })], removed: [] });
		all.states.emit(connected);
		await all.settled();
		expect(all.asked).toEqual(['schedule/subscribe', 'schedule/list', 'schedule/list']);
		expect(all.store.all().map(({ name }) => name)).toEqual(['a', 'b']);
		expect(all.store.get('b')?.enabled).toBe(false);
	});

	it('takes what changes, lists again when told to, and forgets what another daemon had', async () => {
		const all = follow([[schedule('a')]]);
		all.states.emit(connected);
		await all.settled();
		const changed = (params: unknown) =>
			all.notifications.emit({ method: 'schedules/changed', params });
		changed({ schedules: [schedule('c')], removed: ['a'] });
		expect(all.store.all().map(({ name }) => name)).toEqual(['c']);
		all.answers.push([schedule('d')]);
		changed({ resync: true });
		await all.settled();
		expect(all.asked.filter((method) => method === 'schedule/subscribe')).toHaveLength(1);
		expect(all.store.all().map(({ name }) => name)).toEqual(['d']);
		all.states.emit({ kind: 'stopped' });
		expect(all.store.size).toBe(0);
		all.states.emit(connected);
		await all.settled();
		expect(all.asked.filter((method) => method === 'schedule/subscribe')).toHaveLength(2);
	});
});
