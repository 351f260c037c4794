import { describe, expect, test } from 'vitest';
import { networkFileSystem, refuseNetworkFolder } from '../../../daemon/instance/fileSystem.ts';
import { temporaryFolder } from '../../support/daemon.ts';

describe('a file system', () => {
	test.each([
		[0x6969, 'NFS'],
		[0xff534d42, 'SMB'],
		[0xff534d42 | 0, 'SMB'],
		[0xfe534d42, 'SMB'],
		[0x517b, 'SMB'],
		[0x5346414f, 'AFS'],
	])('of type %i is %s', (type, name) => {
		expect(networkFileSystem(type)).toBe(name);
	});

	test.each([
		['ext4', 0xef53],
		['btrfs', 0x9123683e],
		['xfs', 0x58465342],
		['tmpfs', 0x01021994],
		['overlay', 0x794c7630],
		['9p', 0x01021997],
		['FUSE', 0x65735546],
	])('that is %s is of this machine', (_, type) => {
		expect(networkFileSystem(type)).toBeUndefined();
	});
});

describe('a data folder', () => {
	test('on a network is refused with what to do instead', () => {
		expect(() => refuseNetworkFolder('/home/me/.semantica', () => 0x6969, 'linux')).toThrow(
			/^The data folder \/home\/me\/\.semantica is on a network file system \(NFS\).*SEMANTICA_HOME/,
		);
	});

	test('is taken where other numbers mean other things', () => {
		expect(() => refuseNetworkFolder('C:\\data', () => 0x6969, 'win32')).not.toThrow();
	});

	test('of this machine is taken', () => {
		expect(() => refuseNetworkFolder(temporaryFolder())).not.toThrow();
	});
});
