/** Disks on which the operating system does not tell of all changes. */
import { statfsSync } from 'node:fs';

/** Linux' magic numbers, `man 2 statfs`. */
const NETWORK: ReadonlyMap<number, string> = new Map([
	[0x6969, 'NFS'],
	[0x517b, 'SMB'],
	[0xfe534d42, 'SMB'],
	[0xff534d42, 'CIFS'],
	[0x01021997, '9P, as Windows folders in WSL are'],
	[0x65735546, 'FUSE'],
	[0x00c36400, 'Ceph'],
	[0x5346414f, 'AFS'],
]);

/** A sentence where changes that are made elsewhere are not told. */
export function diskWarning(root: string): string | undefined {
	if (process.platform !== 'linux') return undefined;
	const kind = NETWORK.get(statfsSync(root).type >>> 0);
	if (kind === undefined) return undefined;
	return `${root} is on a disk (${kind}) of which Linux tells only what this machine changes. What others change there is found by the next: semantica index ${root}`;
}
