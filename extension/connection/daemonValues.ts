/** Settings of the daemon that a person sets in the editor, once for the machine: what each is called there, and its unit. */
import type { SettingName, SettingValue } from '../contributions.ts';

interface DaemonValue {
	/** In config.json. */
	readonly name: string;
	/** Of what the person says, in what the daemon counts in. */
	readonly unit?: number;
	readonly least?: number;
	readonly most?: number;
}

const MINUTE_MS = 60_000;

export const DAEMON_VALUES = {
	minBattery: { name: 'minBattery', most: 100 },
	limitMemory: { name: 'limits.memoryPercent', most: 100 },
	keepDays: { name: 'retentionMs', unit: 24 * 60 * MINUTE_MS, most: 36_500 },
	keepJobs: { name: 'retentionCount', most: 10_000_000 },
	keepPayloadsGB: { name: 'payloadQuotaBytes', unit: 1_000_000_000, most: 1_000_000 },
	idleMinutes: { name: 'idleQuietMs', unit: MINUTE_MS, least: 0.5, most: 1_440 },
	idleProcessor: { name: 'idleCpuPercent', least: 1, most: 100 },
	leaveAfterMinutes: { name: 'idleExitMs', unit: MINUTE_MS, most: 35_000 },
	longSeconds: { name: 'notifyLongMs', unit: 1_000, most: 86_400 },
	desktopNotifications: { name: 'notifications' },
} as const satisfies Partial<Record<SettingName, DaemonValue>>;

export type DaemonValueName = keyof typeof DAEMON_VALUES;
export const DAEMON_VALUE_NAMES = Object.keys(DAEMON_VALUES) as DaemonValueName[];

/** As the daemon takes it; null: nobody set it, or it is none that could be. */
export function daemonValue<N extends DaemonValueName>(
	name: N,
	value: SettingValue<N>,
): number | boolean | null {
	if (value === 'on' || value === 'off') return value === 'on';
	// A person may have written anything into settings.json.
	if (typeof value !== 'number' || !Number.isFinite(value)) return null;
	const { unit = 1, least = 0, most = Number.MAX_SAFE_INTEGER }: DaemonValue = DAEMON_VALUES[name];
	return Math.round(Math.min(most, Math.max(least, value)) * unit);
}
