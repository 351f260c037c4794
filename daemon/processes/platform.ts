/** The containment of the platform that we are on. */
import type { Containment } from './containment.ts';
import { createPosixContainment, type PosixContainmentOptions } from './posix/containment.ts';
import { createWindowsContainment, type WindowsContainmentOptions } from './windows/containment.ts';

export async function createContainment(
	options: PosixContainmentOptions & WindowsContainmentOptions,
): Promise<Containment> {
	return process.platform === 'win32'
		? createWindowsContainment(options)
		: createPosixContainment(options);
}
