/** What is known of a shared queue, in lines. Nothing that another machine says of itself breaks out of its line. */
import type { FleetStatus } from '../../shared/protocol/fleet.ts';
import type { Translate } from '../jobs/text/text.ts';

export function fleetText(status: FleetStatus, t: Translate, time: (at: number) => string): string {
	if (!status.joined) {
		return `${t('This machine has joined no shared queue. The command "Join Shared Queue" joins one.')}\n`;
	}
	const { unreachable, roundTripMs, waiting, undelivered, unreported } = status;
	const reach =
		unreachable === null
			? t('It answers in {0} ms.', Math.round(roundTripMs ?? 0))
			: t('It is not reachable since {0}: {1}', time(unreachable.since), unreachable.message);
	const heads = [
		t('{0}, joined as {1}', status.address ?? '', status.name ?? ''),
		reach,
		...(status.leaving === null ? [] : [t('It is leaving, and takes nothing new.')]),
		...(waiting === null ? [] : [t('Jobs that wait in it: {0}', waiting)]),
		...(undelivered === 0 ? [] : [t('Not delivered yet: {0}', undelivered)]),
		...(unreported === 0 ? [] : [t('Not reported yet: {0}', unreported)]),
		t('Key of this machine: {0}', status.key ?? ''),
	];
	const machines = status.machines.map(
		({ name, self, alive, seenAt, labels, pools, running, key, leaving }) =>
			[
				self ? t('{0} (this machine)', name) : name,
				alive
					? t('runs {0} of others', running)
					: t('last heard of: {0}', seenAt === null ? t('never') : time(seenAt)),
				leaving ? t('is leaving') : '',
				labels.join(' '),
				...pools.map((pool) => t('pool {0}', pool)),
				key,
			]
				.filter((part) => part !== '')
				.join(' · '),
	);
	const rules = status.accepts.map((rule) => {
		const what = [
			rule.commands ? (rule.shell ? t('any command, also in a shell') : t('any command')) : '',
			...rule.recipes.map((name) => t('recipe {0}', name)),
			...rule.pools.map((name) => t('pool {0}', name)),
			rule.commands || rule.recipes.length > 0 ? t('at most {0} at once', rule.atMost) : '',
		].filter((part) => part !== '');
		return `${rule.key}: ${what.length === 0 ? t('runs nothing here, and is believed') : what.join(', ')}`;
	});
	return [
		...heads.map(oneLine),
		...section(t('Look at this'), status.warnings),
		...section(t('Machines'), machines),
		...section(t('Whose work runs here'), rules.length === 0 ? [t('Nobody’s.')] : rules),
		'',
	].join('\n');
}

function section(heading: string, lines: readonly string[]): string[] {
	return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${oneLine(line)}`)];
}

const oneLine = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
