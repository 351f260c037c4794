/** Small disks that a test may fill. Linux, where it is allowed. */
import { spawnSync } from 'node:child_process';
import { onTestFinished, type TestContext } from 'vitest';
import { need } from '../chaos/capabilities.ts';

/** A small disk of its own at the folder, unmounted by what is returned, or when the test has finished. */
export function mountDisk(context: TestContext, folder: string, options: string): () => void {
	// A tmpfs is everybody's unless it is told otherwise, and no data folder then.
	const flags = `mode=700,${options}`;
	const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', flags, 'tmpfs', folder]);
	need(context, mount.status === 0, 'the right to mount a small disk');
	const unmount = () => void spawnSync('umount', ['-l', folder]);
	onTestFinished(unmount);
	return unmount;
}
