/** The reader for the machine we are on. */
import type { Koffi } from '../../native/koffi.ts';
import type { Clock } from '../../queue/ports/clock.ts';
import { createLinuxReader, SYSFS_POWER_SUPPLIES } from './linux.ts';
import { createMacReader } from './macos.ts';
import { type PowerReader, readWithoutBattery } from './reader.ts';
import {
	type BatteryReport,
	bindGetSystemPowerStatus,
	createFallbackReader,
	createWindowsReader,
} from './windows.ts';

/**
 * @param koffi Asked on Windows only; a sentence where it cannot be had.
 * @param report Asked on Windows without koffi.
 */
export function choosePowerReader(
	platform: NodeJS.Platform,
	clock: Clock,
	koffi: () => Koffi | string,
	report: BatteryReport,
): PowerReader {
	switch (platform) {
		case 'linux':
			return createLinuxReader(SYSFS_POWER_SUPPLIES);
		case 'darwin':
			return createMacReader('/usr/bin/pmset');
		case 'win32': {
			const functions = koffi();
			return typeof functions === 'string'
				? createFallbackReader(clock, report)
				: createWindowsReader(bindGetSystemPowerStatus(functions));
		}
		default:
			return readWithoutBattery;
	}
}
