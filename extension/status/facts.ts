/** How the daemon and the machine are, in lines. */
import type { Result } from '../../shared/protocol/requests.ts';
import type { JobText, Translate } from '../jobs/text/text.ts';

export interface Fact {
	readonly icon: string;
	readonly label: string;
	readonly description: string;
}

const QUEUES = 10;

export function statusFacts(
	t: Translate,
	text: Pick<JobText, 'duration'>,
	status: Result<'system/status'>,
	now: Result<'stats/now'>,
): Fact[] {
	const { machine, waiting, queues, moreQueues, global, daemon } = now;
	const waits = (...reasons: (keyof typeof waiting)[]) => {
		const count = reasons.reduce((sum, reason) => sum + (waiting[reason] ?? 0), 0);
		return count === 0 ? '' : t('{0} waiting for it', count);
	};
	const said = (...parts: string[]) => parts.filter((part) => part !== '').join(' · ');
	// Neither is looked at while no job depends on it.
	const unknown = t('nothing depends on it');
	const charge = machine.battery === null ? '' : t('{0} %', Math.round(machine.battery * 100));
	const power =
		machine.onMains === null ? unknown : machine.onMains ? t('plugged in') : t('on battery');
	const use = machine.idle === null ? unknown : machine.idle ? t('idle') : t('in use');
	const queue = (one: (typeof queues)[number]): Fact => ({
		icon: one.paused ? 'debug-pause' : 'list-ordered',
		label: t('Queue {0}', one.name),
		description: said(
			t('{0} of {1} running', one.running, one.concurrency),
			t('{0} waiting', one.queued),
			one.paused ? t('paused') : '',
		),
	});
	return [
		{
			icon: 'plug',
			label: t('Power'),
			description: said(power, charge, waits('power')),
		},
		{ icon: 'coffee', label: t('Machine'), description: said(use, waits('idle')) },
		{
			icon: global.paused ? 'debug-pause' : 'layers',
			label: t('All Queues'),
			description: said(
				t('{0} of {1} running', global.running, global.concurrency),
				t('{0} waiting', now.counts.queued),
				global.paused ? t('paused') : '',
			),
		},
		...queues.slice(0, QUEUES).map(queue),
		...(moreQueues + Math.max(0, queues.length - QUEUES) === 0
			? []
			: [
					{
						icon: 'ellipsis',
						label: t('{0} more queues', moreQueues + Math.max(0, queues.length - QUEUES)),
						description: '',
					},
				]),
		{
			icon: 'server-process',
			label: t('Daemon {0}', status.version),
			description: said(
				t('{0} MB', Math.ceil(daemon.rssBytes / 1e6)),
				t('for {0}', text.duration(now.at - daemon.startedAt)),
				t('{0} connected', daemon.clients),
			),
		},
	];
}
