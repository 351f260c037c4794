import { expect, test } from 'vitest';
import { createResourceReaders, meteredIn } from '../../../daemon/scheduling/resources/readers.ts';

test.each([
	['u 0\n', undefined],
	['u 1\n', true],
	['u 2\n', false],
	['u 3\n', true],
	['u 4\n', false],
	['', undefined],
	['b true\n', undefined],
])('what NetworkManager says: %j is metered: %s', (text, metered) => {
	expect(meteredIn(text)).toBe(metered);
});

test('this machine has memory and disk to spare, and no such folder', async () => {
	const read = createResourceReaders(process.platform);
	expect(read.freeMemory()).toBeGreaterThan(1024 ** 2);
	expect(await read.freeDisk('/')).toBeGreaterThan(0);
	await expect(read.freeDisk('/no/such/folder')).rejects.toThrow('ENOENT');
	expect(await createResourceReaders('darwin').metered()).toBeUndefined();
});
