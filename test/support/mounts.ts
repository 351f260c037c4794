/** Private mounts, for tests that need the kernel's paths to say something else. Linux, where it is allowed. */
import { execFileSync } from 'node:child_process';

/** `unshare` with what it needs here, or undefined where this machine does not allow it. */
export const UNSHARE: readonly string[] | undefined = [
	['--mount', '--propagation', 'private'],
	['--mount', '--map-root-user', '--propagation', 'private'],
].find((options) => {
	if (process.platform !== 'linux') return false;
	try {
		const probe = 'mount -t tmpfs none /sys/class/power_supply';
		execFileSync('unshare', [...options, 'sh', '-c', probe], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
});
