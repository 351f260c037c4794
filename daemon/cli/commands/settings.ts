import type { Command } from 'commander';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import { isResponseError } from '../../../shared/client/connection.ts';
import { ERROR_CODES } from '../../../shared/errors.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { parseDuration, parseSize } from '../parse/values.ts';
import { formatBytes, formatDuration } from '../render/format.ts';
import { renderTable } from '../render/table.ts';
import { examples, JSON_OPTION } from './help.ts';

type Settings = Result<'settings/get'>;
type Value = Settings['values'][string];

export function addSettingsCommand(program: Command, context: Context): void {
	program
		.command('settings')
		.summary("the daemon's settings")
		.description(
			"Shows the daemon's settings, or one of them, or sets one. Times may be given as 30s, 5m or 2d, sizes " +
				'as 500k or 2M. Some take effect at the next start of the daemon: semantica daemon restart',
		)
		.argument('[key]', 'which setting')
		.argument('[value]', 'what it is to be; "default" for the default again')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica settings', 'all of them'],
				['semantica settings retentionMs 30d', 'keep finished jobs for 30 days'],
				['semantica settings minBattery default', 'the default again'],
			),
		)
		.action((key: string | undefined, value: string | undefined, { json }: { json?: boolean }) =>
			using(connectToRunning(context.daemon), async (connection) => {
				const settings = await connection.request('settings/get', {});
				if (key === undefined) return show(context, settings, settings.values, json === true);
				assertKnown(settings, key);
				const now =
					value === undefined ? settings : await set(connection, settings, key, parsed(key, value));
				const one = { [key]: now.values[key] ?? null };
				if (json) show(context, now, one, true);
				else if (value === undefined) context.out.lines([text(one[key] ?? null)]);
				else show(context, now, one, false);
			}),
		);
}

function assertKnown({ values }: Settings, key: string): void {
	if (Object.hasOwn(values, key)) return;
	throw usageError(`There is no setting "${key}". There are: ${Object.keys(values).join(', ')}.`);
}

/** Somebody else may set another one in the same moment. */
async function set(
	connection: DaemonConnection,
	{ revision }: Settings,
	key: string,
	value: Value,
): Promise<Settings> {
	try {
		return await connection.request('settings/update', { values: { [key]: value }, revision });
	} catch (error) {
		if (!isResponseError(error) || error.code !== ERROR_CODES.CONFLICT) throw error;
		const now = await connection.request('settings/get', {});
		return connection.request('settings/update', {
			values: { [key]: value },
			revision: now.revision,
		});
	}
}

/** A bare number is what the setting's name says: milliseconds, bytes, percent. */
function parsed(key: string, value: string): Value {
	if (value === 'default') return null;
	if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
	if (value === 'true' || value === 'false') return value === 'true';
	try {
		if (key.endsWith('Ms')) return parseDuration(value);
		if (key.endsWith('Bytes')) return parseSize(value);
	} catch (error) {
		throw usageError(`${key}: ${error instanceof Error ? error.message : String(error)}`);
	}
	return value;
}

function show(
	context: Context,
	{ revision }: Settings,
	values: Settings['values'],
	json: boolean,
): void {
	if (json) {
		context.out.json({ values, revision });
		return;
	}
	const keys = Object.keys(values);
	const { style } = context.out;
	context.out.lines(
		renderTable(
			[
				{ header: 'SETTING', cells: keys, rank: 0 },
				{ header: 'VALUE', cells: keys.map((key) => text(values[key] ?? null)), rank: 0 },
				{
					header: '',
					cells: keys.map((key) => style.dim(inWords(key, values[key] ?? null))),
					rank: 1,
				},
			],
			context.out.view(),
		),
	);
}

const text = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value));

function inWords(key: string, value: Value): string {
	if (typeof value !== 'number') return '';
	if (key.endsWith('Ms')) return formatDuration(value);
	return key.endsWith('Bytes') ? formatBytes(value) : '';
}
