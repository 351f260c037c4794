import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
	DAEMON_VALUE_NAMES,
	DAEMON_VALUES,
	daemonValue,
} from '../../../extension/connection/daemonValues.ts';
import { SETTINGS } from '../../../extension/contributions.ts';

test('a value reaches the daemon in its own unit and within its bounds', () => {
	expect(daemonValue('keepDays', 0.5)).toBe(43_200_000);
	expect(daemonValue('idleMinutes', 0)).toBe(30_000);
	expect(daemonValue('minBattery', 250)).toBe(100);
	expect(daemonValue('keepPayloadsGB', 1.5)).toBe(1_500_000_000);
	expect(daemonValue('desktopNotifications', 'off')).toBe(false);
	expect(daemonValue('desktopNotifications', 'on')).toBe(true);
});

test('what nobody set, or what is no value, is not sent', () => {
	expect(daemonValue('desktopNotifications', 'default')).toBeNull();
	for (const value of [null, '3', Number.NaN, {}])
		expect(daemonValue('keepDays', value as never)).toBeNull();
});

test('the bounds in the settings editor are those that hold, and the daemon knows every name', () => {
	const root = join(import.meta.dirname, '../../..');
	const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const schema = readFileSync(join(root, 'daemon/instance/settings.ts'), 'utf8');
	for (const name of DAEMON_VALUE_NAMES) {
		const {
			name: known,
			least = 0,
			most,
		}: { name: string; least?: number; most?: number } = DAEMON_VALUES[name];
		const { minimum, maximum } = contributes.configuration.properties[SETTINGS[name].key];
		if (most !== undefined) expect([name, minimum, maximum]).toEqual([name, least, most]);
		expect(schema).toMatch(new RegExp(`^\\t'?${known}'?: z`, 'm'));
	}
});
