import { describe, expect, it } from 'vitest';
import { notForThisMachine, refusalOf } from '../../../daemon/processes/posix/refusal.ts';

/** The beginning of an ELF file. */
function elf(machine: number, order: 'little' | 'big' = 'little'): Buffer {
	const head = Buffer.alloc(64);
	head.write('\x7fELF\x02', 'latin1');
	head[5] = order === 'big' ? 2 : 1;
	if (order === 'big') head.writeUInt16BE(machine, 18);
	else head.writeUInt16LE(machine, 18);
	return head;
}

describe('a program', () => {
	it.each([
		['x64', elf(183), /was made for arm64, and this machine is x64/],
		['arm64', elf(62), /was made for x64, and this machine is arm64/],
		['x64', elf(22, 'big'), /was made for s390x/],
		['x64', elf(9999), /was made for another machine \(number 9999\)/],
		['x64', elf(0), /damaged or incomplete/],
		['x64', elf(62).subarray(0, 20), /damaged or incomplete/],
	])('on %s that cannot run there says why', (arch, head, message) => {
		expect(notForThisMachine('/p', head, false, arch)).toMatchObject({
			kind: 'spawn',
			code: 'ENOEXEC',
			message: expect.stringMatching(message),
		});
	});

	it.each([
		['x64', elf(62), false],
		['x64', elf(3), false],
		['arm64', elf(40), false],
		['x64', elf(183), true],
		['x64', Buffer.from('#!/bin/sh\n'), false],
		['x64', Buffer.alloc(0), false],
	])('on %s that may run there failed for a reason of its own', (arch, head, emulators) => {
		expect(notForThisMachine('/p', head, emulators, arch)).toBeUndefined();
	});

	it('that the supervisor would not begin has a sentence, whatever it was', async () => {
		expect(await refusalOf({ kind: 'refused', why: 'SHUTFOLDER', what: '/a\nb' })).toEqual({
			kind: 'spawn',
			code: 'ECWD',
			message: 'The working folder /a\nb may not be entered.',
		});
		expect(await refusalOf({ kind: 'refused', why: 'EXEC', what: '/no/such' })).toMatchObject({
			code: 'EXEC',
			message: expect.stringContaining('/no/such could not be begun'),
		});
	});
});
