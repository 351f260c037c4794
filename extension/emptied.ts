/**
 * A setting of the daemon that a person set here and emptied again is taken back, so that the daemon decides again.
 * What somebody else has set, on the command line for example, is left alone.
 */
import { errorMessage } from '../shared/errors.ts';
import {
	DAEMON_VALUE_NAMES,
	DAEMON_VALUES,
	type DaemonValueName,
} from './connection/daemonValues.ts';
import type { Link } from './connection/link.ts';
import { SETTINGS } from './contributions.ts';
import { type Disposable, Lifetime } from './lifetime.ts';
import type { Memory } from './machineMemory.ts';

/** Limits of queues, which are no settings of the daemon. */
const QUEUES = { limitJobs: '*', limitIndexJobs: 'index', limitCommandJobs: 'default' } as const;
type QueueSetting = keyof typeof QUEUES;
type DaemonSetting = QueueSetting | DaemonValueName;
export const DAEMON_SETTINGS: readonly DaemonSetting[] = [
	...(Object.keys(QUEUES) as QueueSetting[]),
	...DAEMON_VALUE_NAMES,
];

async function takeBack(link: Pick<Link, 'request'>, name: DaemonSetting): Promise<void> {
	if (name in QUEUES) {
		const queue = QUEUES[name as QueueSetting];
		await link.request('queue/update', { name: queue, concurrency: null });
		return;
	}
	const { revision } = await link.request('settings/get', {});
	const values = { [DAEMON_VALUES[name as DaemonValueName].name]: null };
	await link.request('settings/update', { values, revision });
}

export interface EmptiedPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	/** Kept from one session to the next. */
	readonly memory: Memory;
	/** Null: nobody set it. */
	value(name: DaemonSetting): unknown;
	/** The data folder: each has a daemon of its own. */
	home(): string;
	onDidChangeSettings(listener: () => void): Disposable;
	readonly log: (message: string) => void;
}

export function takeBackEmptied(ports: EmptiedPorts): Disposable {
	const { link, memory } = ports;
	const lifetime = new Lifetime();
	let looking = Promise.resolve();

	const look = async () => {
		if (link.state.kind !== 'connected') return;
		const key = `daemonSettings:${ports.home()}`;
		const before = await memory.get(key, []);
		const set = DAEMON_SETTINGS.filter((name) => ports.value(name) !== null);
		for (const name of DAEMON_SETTINGS) {
			if (!before.includes(name) || set.includes(name)) continue;
			await takeBack(link, name);
			ports.log(`${SETTINGS[name].key} was emptied: the daemon decides again.`);
		}
		if (set.join() !== before.join()) await memory.update(key, set);
	};
	// One after the other: what was taken back once need not be again.
	const lookNext = () => {
		looking = looking
			.then(look)
			.catch((error: unknown) => ports.log(`Taking settings back: ${errorMessage(error)}`));
	};
	lifetime.own(link.onDidChange(lookNext));
	lifetime.own(ports.onDidChangeSettings(lookNext));
	return lifetime;
}
