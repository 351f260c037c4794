/**
 * A setting of the daemon that a person set here and emptied again is taken back, so that the daemon decides again.
 * What somebody else has set, on the command line for example, is left alone.
 */
import { errorMessage } from '../shared/errors.ts';
import type { Link } from './connection/link.ts';
import { SETTINGS, type SettingName } from './contributions.ts';
import { type Disposable, Lifetime } from './lifetime.ts';

/** Settings that hold for the whole daemon, and what takes each back. */
const TAKE_BACK = {
	limitJobs: (link) => link.request('queue/update', { name: '*', concurrency: null }),
	limitIndexJobs: (link) => link.request('queue/update', { name: 'index', concurrency: null }),
	limitCommandJobs: (link) => link.request('queue/update', { name: 'default', concurrency: null }),
	minBattery: async (link) => {
		const { revision } = await link.request('settings/get', {});
		return link.request('settings/update', { values: { minBattery: null }, revision });
	},
} as const satisfies Partial<
	Record<SettingName, (link: Pick<Link, 'request'>) => Promise<unknown>>
>;
type DaemonSetting = keyof typeof TAKE_BACK;
export const DAEMON_SETTINGS = Object.keys(TAKE_BACK) as DaemonSetting[];

export interface EmptiedPorts {
	readonly link: Pick<Link, 'request' | 'state' | 'onDidChange'>;
	/** Kept from one session to the next. */
	readonly memory: {
		get(key: string, fallback: readonly string[]): readonly string[];
		update(key: string, value: readonly string[]): PromiseLike<void>;
	};
	value(name: DaemonSetting): number | null;
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
		const before = memory.get(key, []);
		const set = DAEMON_SETTINGS.filter((name) => ports.value(name) !== null);
		for (const name of DAEMON_SETTINGS) {
			if (!before.includes(name) || set.includes(name)) continue;
			await TAKE_BACK[name](link);
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
