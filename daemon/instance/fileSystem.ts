/** Where a data folder may stand: on a disk whose locks and shared memory this machine alone decides about. */
import { statfsSync } from 'node:fs';
import { SemanticaError } from '../../shared/errors.ts';

/**
 * What statfs(2) says of Linux's network file systems. Not 9p: virtual machines and sandboxes have their own
 * disk by it, and so has WSL. What is mounted by FUSE cannot be told apart.
 */
const NETWORK_TYPES = new Map([
	[0x6969, 'NFS'],
	[0x517b, 'SMB'],
	[0xff534d42, 'SMB'],
	[0xfe534d42, 'SMB'],
	[0x5346414f, 'AFS'],
	[0x6b414653, 'AFS'],
	[0x73757245, 'Coda'],
	[0x00c36400, 'Ceph'],
	[0x0bd00bd0, 'Lustre'],
]);

/** The name of the network file system that has this type on Linux, or undefined. */
export function networkFileSystem(type: number): string | undefined {
	// Types are 32 bits wide, and negative where the system sees a sign in them.
	return NETWORK_TYPES.get(type >>> 0);
}

/** @throws SemanticaError SYSTEM when the folder, which exists, is on a network file system. */
export function refuseNetworkFolder(
	folder: string,
	typeOf: (folder: string) => number = (path) => statfsSync(path).type,
	platform: string = process.platform,
): void {
	// Elsewhere the numbers mean something else.
	if (platform !== 'linux') return;
	const name = networkFileSystem(typeOf(folder));
	if (name === undefined) return;
	throw new SemanticaError(
		'SYSTEM',
		`The data folder ${folder} is on a network file system (${name}), where a database is not safe. ` +
			'Name a folder on a disk of this machine with SEMANTICA_HOME.',
	);
}
