import { describe, expect, it } from 'vitest';
import { findNoexec, parseMounts } from '../../../daemon/disks/mounts.ts';

const mounts = parseMounts(
	[
		'22 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw',
		'28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
		'40 28 0:57 / /mnt/a\\040b rw,noexec - tmpfs tmpfs rw',
		'41 28 259:300 / /data rw,noexec - ext4 /dev/nvme rw',
		'',
	].join('\n'),
);
const device = (major: bigint, minor: bigint) =>
	((major & ~0xfffn) << 32n) |
	((major & 0xfffn) << 8n) |
	((minor & ~0xffn) << 12n) |
	(minor & 0xffn);

describe('a mount', () => {
	it('from which nothing may be run is found by its device', () => {
		expect(findNoexec(mounts, device(0n, 57n))).toBe('/mnt/a b');
		expect(findNoexec(mounts, device(259n, 300n))).toBe('/data');
		expect(findNoexec(mounts, device(254n, 1n))).toBeUndefined();
	});
});
