/** Tells the daemon the settings of its own that a person has set here, and only those. */
import { errorMessage } from '../../shared/errors.ts';
import type { Link } from './link.ts';

/** By their names in config.json; `null`: nobody set it. */
export type DaemonSettings = Readonly<Record<string, number | boolean | null>>;

export async function applyDaemonSettings(
	link: Pick<Link, 'request'>,
	wanted: DaemonSettings,
	log: (message: string) => void,
): Promise<void> {
	const set = Object.entries(wanted).filter(([, value]) => value !== null);
	if (set.length === 0) return;
	try {
		const { values, revision } = await link.request('settings/get', {});
		const changed = set.filter(([name, value]) => values[name] !== value);
		if (changed.length === 0) return;
		await link.request('settings/update', { values: Object.fromEntries(changed), revision });
	} catch (error) {
		log(`The daemon did not take its settings: ${errorMessage(error)}`);
	}
}
