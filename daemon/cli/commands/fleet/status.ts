import type { Command } from 'commander';
import type { DaemonConnection } from '../../../../shared/client/connection.ts';
import type { FleetStatus } from '../../../../shared/protocol/fleet.ts';
import { connectOrStart, using } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { CliError } from '../../errors.ts';
import { formatAge, plural } from '../../render/format.ts';
import { renderTable } from '../../render/table.ts';
import { oneLine } from '../../render/text.ts';
import { JSON_OPTION } from '../help.ts';

export function addStatusCommand(fleet: Command, context: Context): void {
	fleet
		.command('status')
		.summary('show the machines of the shared queue, and what is accepted here')
		.option(...JSON_OPTION)
		.action(({ json }: { json?: boolean }) =>
			using(connectOrStart(context.daemon), async (connection) => {
				const status = await connection.request('fleet/status', {});
				if (json === true) context.out.json(status);
				else show(context, status);
			}),
		);
}

function show({ out, err }: Context, status: FleetStatus): void {
	const { style } = out;
	if (!status.joined) {
		out.say(
			'This machine has joined no shared queue. Join one: semantica fleet join ADDRESS --name NAME',
		);
		return;
	}
	const speed = status.roundTripMs === null ? '' : `, ${Math.round(status.roundTripMs)} ms away`;
	const hears = status.listening ? ', hears of work at once' : ', looks for work every few seconds';
	out.say(`${style.bold(status.name ?? '')} in ${status.address}${speed}${hears}`);
	out.say(`Key of this machine: ${status.key}`);
	if (status.unreachable !== null) {
		const since = formatAge(status.unreachable.since, Date.now());
		out.say(`Not reachable for ${since}: ${status.unreachable.message}`, style.red);
	}
	if (status.leaving !== null) {
		const how =
			status.leaving === 'now' ? 'what runs here is stopped' : 'what runs here ends first';
		out.say(`Leaving: ${how}. To see how far it is: semantica fleet leave`, style.yellow);
	}
	if (status.machines.length > 0) {
		const { machines } = status;
		const now = Date.now() - (status.clockMs ?? 0);
		out.lines([
			'',
			...renderTable(
				[
					{
						header: 'MACHINE',
						cells: machines.map(({ name, self }) => `${oneLine(name)}${self ? ' (this one)' : ''}`),
						rank: 0,
					},
					{
						header: 'HEARD OF',
						cells: machines.map(({ alive, seenAt }) =>
							alive ? 'now' : seenAt === null ? 'never' : formatAge(Math.min(now, seenAt), now),
						),
						rank: 0,
					},
					{
						header: 'TAKES WORK',
						cells: machines.map(({ accepts, alive, leaving }) =>
							leaving && alive ? 'leaving' : accepts && alive ? 'yes' : 'no',
						),
						rank: 2,
					},
					{
						header: 'RUNNING',
						cells: machines.map(({ running }) => String(running)),
						align: 'right',
						rank: 1,
					},
					{
						header: 'LABELS',
						cells: machines.map(({ labels }) => oneLine(labels.join(' '))),
						min: 6,
						rank: 4,
					},
					{ header: 'KEY', cells: machines.map(({ key }) => key), rank: 3 },
				],
				out.view(),
			),
			'',
		]);
	}
	for (const rule of status.accepts) out.say(`Accepted here: ${ruleText(rule)}`);
	if (status.undelivered > 0) out.say(`${plural(status.undelivered, 'job')} not delivered yet.`);
	if (status.unreported > 0) out.say(`${plural(status.unreported, 'end')} not reported yet.`);
	for (const warning of status.warnings) err.say(warning, err.style.yellow);
}

function ruleText(rule: FleetStatus['accepts'][number]): string {
	const what = [
		...(rule.commands ? [rule.shell ? 'any command, also for a shell' : 'any command'] : []),
		...(rule.recipes.length > 0 ? [`recipes ${rule.recipes.join(', ')}`] : []),
	];
	const where =
		rule.pools.length > 0
			? ` also for ${rule.pools.map((pool) => `pool ${pool}`).join(', ')};`
			: '';
	if (what.length === 0) return `what ${rule.key} says of jobs of this machine`;
	return `from ${rule.self ? 'this machine itself' : rule.key}: ${what.join('; ')};${where} at most ${rule.atMost} at once`;
}

/** Keeps the daemon here as long as it runs: a machine takes work while its daemon does. */
export function addWorkCommand(fleet: Command, context: Context): void {
	fleet
		.command('work')
		.summary('keep the daemon running, so that it takes work of others; until Ctrl-C')
		.description(
			'A machine takes what it accepts while its daemon runs, and that leaves when nothing needs it. This keeps it: run it as a ' +
				'service, or use semantica service install.',
		)
		.action(async () => {
			let first = true;
			for (;;) {
				const connection = await connectOrStart(context.daemon);
				await begin(context, connection, first);
				first = false;
				await connection.closed;
				connection.dispose();
			}
		});
}

async function begin(
	context: Context,
	connection: DaemonConnection,
	first: boolean,
): Promise<void> {
	const status = await connection.request('fleet/status', {});
	if (!status.joined) {
		connection.dispose();
		throw new CliError(
			'This machine has joined no shared queue. Join one: semantica fleet join ADDRESS --name NAME',
		);
	}
	// A person looks: what had stopped it from taking work is forgiven.
	await connection.request('fleet/work', {});
	const [taken] = status.accepts.filter(({ commands, recipes }) => commands || recipes.length > 0);
	context.out.say(
		taken === undefined
			? `${status.name} takes nothing: no rule accepts any work. See: semantica fleet accept --help`
			: `${status.name} takes work${first ? '' : ' again'}; Ctrl-C to leave it.`,
	);
}
