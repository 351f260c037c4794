/** `semantica metrics`: for Prometheus, by way of node_exporter's textfile collector, or for a look. */
import {
	chmodSync,
	closeSync,
	fsyncSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { errorMessage } from '../../../shared/errors.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../errors.ts';
import { examples } from './help.ts';

interface MetricsCommandOptions {
	readonly rules?: boolean;
	readonly dashboard?: boolean;
	readonly out?: string;
}

/** What can be said of a daemon that does not run. */
const DOWN =
	'# HELP semantica_up 1 while a daemon answers.\n# TYPE semantica_up gauge\nsemantica_up 0\n';

export function addMetricsCommand(program: Command, context: Context): void {
	program
		.command('metrics')
		.summary('print metrics for Prometheus')
		.description(
			"Prints what the daemon measures in Prometheus' text format. It starts no daemon; without one --out writes semantica_up 0.",
		)
		.addOption(
			new Option('--rules', 'print alert rules for Prometheus instead').conflicts('dashboard'),
		)
		.option('--dashboard', "print a dashboard for Grafana's import instead")
		.option('--out <file>', 'write them to a file, whole or not at all')
		.addHelpText(
			'after',
			examples(
				['semantica metrics', 'for a look'],
				['semantica metrics --rules --out rules.yml', 'what to be alarmed about'],
				[
					'semantica metrics --out /var/lib/node_exporter/semantica.prom',
					"for node_exporter's textfile collector, by cron",
				],
			),
		)
		.action(async (options: MetricsCommandOptions) => {
			const file = options.out === undefined ? undefined : resolve(context.cwd(), options.out);
			const say = (text: string) => {
				if (file === undefined) context.out.stream.write(text);
				else writeWhole(file, text);
			};
			const shipped = options.rules
				? 'rules.yml'
				: options.dashboard
					? 'dashboard.json'
					: undefined;
			if (shipped !== undefined) {
				say(readShipped(context.daemon.distFolder, shipped));
				return;
			}
			try {
				const text = await using(
					connectToRunning(context.daemon),
					async (connection) => (await connection.request('system/metrics', {})).text,
				);
				say(text);
			} catch (error) {
				const down = error instanceof CliError && error.exitCode === EXIT.noDaemon;
				if (down && file !== undefined) writeWhole(file, DOWN);
				throw error;
			}
		});
}

function removeIfThere(file: string): void {
	try {
		rmSync(file, { force: true });
	} catch {
		// Where no file can be, none is left.
	}
}

function readShipped(dist: string, name: string): string {
	const file = join(dist, 'monitoring', name);
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new CliError(
			`${file} cannot be read (${errorMessage(error)}). Reinstall Semantica: it comes with it.`,
		);
	}
}

/** Whoever reads it meanwhile has the old one or the new one, and may be another user. */
function writeWhole(file: string, text: string): void {
	const draft = `${file}.${process.pid}.tmp`;
	try {
		const fd = openSync(draft, 'w', 0o644);
		try {
			writeFileSync(fd, text);
			fsyncSync(fd);
		} finally {
			closeSync(fd);
		}
		chmodSync(draft, 0o644);
		renameSync(draft, file);
	} catch (error) {
		removeIfThere(draft);
		throw new CliError(
			`The metrics could not be written to ${file} (${errorMessage(error)}). Name a file in a folder that you may write in.`,
		);
	}
}
