/** What a job waits for on the machine, as options of the commands that start one. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobSpecInput } from '../../../shared/job.ts';
import { parseDuration, parseSize } from '../parse/values.ts';

export interface ConstraintOptions {
	readonly ac?: boolean;
	readonly minBattery?: number;
	readonly idle?: boolean;
	readonly freeMemory?: number;
	readonly freeDisk?: number;
	readonly unmetered?: boolean;
	readonly event?: string;
	readonly maxWait?: number;
	readonly whenLost?: NonNullable<JobSpecInput['onConstraintLost']>;
}

export function addConstraintOptions(command: Command): Command {
	return command
		.optionsGroup('What it waits for:')
		.option('--ac', 'start only while the machine is plugged in')
		.option('--min-battery <percent>', 'or on battery only above this charge', parsePercent)
		.option('--idle', 'start only while nobody uses the machine')
		.option('--free-memory <size>', 'start only where so much is free, as in 4G', sizeInMB)
		.option('--free-disk <size>', 'the same of the disk with its folder', sizeInMB)
		.option('--unmetered', 'start only where the network is not known to be metered')
		.option('--event <name>', 'start only once this event has fired: see semantica emit')
		.option(
			'--max-wait <duration>',
			'wait so long for all of these but an event at most',
			parseDuration,
		)
		.addOption(
			new Option('--when-lost <what>', 'what it does when that ends while it runs').choices([
				'finish',
				'pause',
				'requeue',
			]),
		);
}

/**
 * @param folder of the job: on whose disk it needs room
 * @param byHand a person starts it now, so at any charge of the battery, unless the person says otherwise
 */
export function constraintsOf(
	options: ConstraintOptions,
	folder: string,
	byHand = true,
): Pick<JobSpecInput, 'constraints' | 'onConstraintLost'> {
	const { ac, minBattery, idle, event, maxWait, whenLost } = options;
	const { freeMemory, freeDisk, unmetered } = options;
	const constraints = {
		...(ac === true ? { power: 'ac' as const } : {}),
		...(minBattery !== undefined || byHand ? { minBattery: minBattery ?? 0 } : {}),
		...(idle === true ? { idle } : {}),
		...(freeMemory === undefined ? {} : { freeMemoryMB: freeMemory }),
		...(freeDisk === undefined ? {} : { freeDisk: { path: folder, MB: freeDisk } }),
		...(unmetered === true ? { unmetered } : {}),
		...(event === undefined ? {} : { event }),
		...(maxWait === undefined ? {} : { maxWaitMs: maxWait }),
	};
	return { constraints, ...(whenLost === undefined ? {} : { onConstraintLost: whenLost }) };
}

const sizeInMB = (text: string): number => Math.ceil(parseSize(text) / 1024 ** 2);

function parsePercent(text: string): number {
	const percent = Number(text.replace(/ ?%$/, ''));
	if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
		throw new InvalidArgumentError('It must be a whole number from 0 to 100.');
	}
	return percent;
}
