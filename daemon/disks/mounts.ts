/** Linux: mounts from which nothing may be run. */
import { readFileSync } from 'node:fs';

interface Mount {
	/** As the kernel counts devices: major:minor. */
	readonly device: string;
	readonly point: string;
	readonly options: readonly string[];
}

/** The mount point of this device (`dev` of a stat), where nothing may be run from it. */
export function noexecMount(device: bigint): string | undefined {
	return findNoexec(readMounts(), device);
}

export function findNoexec(mounts: readonly Mount[], device: bigint): string | undefined {
	// As in <sys/sysmacros.h>.
	const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
	const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
	return mounts.find(
		(mount) => mount.device === `${major}:${minor}` && mount.options.includes('noexec'),
	)?.point;
}

function readMounts(): Mount[] {
	try {
		return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
	} catch {
		return [];
	}
}

export function parseMounts(mountinfo: string): Mount[] {
	return mountinfo.split('\n').flatMap((line) => {
		const [, , device, , point, options] = line.split(' ');
		if (device === undefined || point === undefined || options === undefined) return [];
		return [{ device, point: unescaped(point), options: options.split(',') }];
	});
}

const unescaped = (text: string): string =>
	text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
		String.fromCharCode(Number.parseInt(octal, 8)),
	);
