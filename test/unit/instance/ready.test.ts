import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sayReady } from '../../../daemon/instance/ready.ts';
import { temporaryFolder } from '../../support/daemon.ts';

function openPipe(): { readonly reader: number; readonly writer: number } {
	const pipe = join(temporaryFolder(), 'pipe');
	execFileSync('mkfifo', [pipe]);
	const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
	return { reader, writer: openSync(pipe, 'w') };
}

test('the launcher is told, once, and the pipe is let go', () => {
	const { reader, writer } = openPipe();
	process.env['SEMANTICA_READY_FD'] = String(writer);
	sayReady({ error: 'said' });
	expect(process.env['SEMANTICA_READY_FD']).toBeUndefined();
	expect(() => fstatSync(writer)).toThrow('EBADF');
	expect(readFileSync(reader, 'utf8')).toBe('{"error":"said"}\n');
	closeSync(reader);
});

test('a launcher that has gone is no error, and the pipe is let go all the same', () => {
	const { reader, writer } = openPipe();
	closeSync(reader);
	process.env['SEMANTICA_READY_FD'] = String(writer);
	expect(() => sayReady({ error: 'said to nobody' })).not.toThrow();
	expect(() => fstatSync(writer)).toThrow('EBADF');
});
