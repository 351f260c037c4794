import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseEndpoint } from '../../../daemon/instance/endpoint.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/daemon.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

describe.skipIf(process.platform === 'win32')('the socket', () => {
	test('stands in a private folder of the runtime folder', () => {
		const runtime = temporaryFolder();
		const endpoint = chooseEndpoint('/home/me/.semantica', { XDG_RUNTIME_DIR: runtime });
		expect(dirname(endpoint)).toBe(join(runtime, 'semantica'));
		expect(mode(dirname(endpoint))).toBe(0o700);
	});

	test('has one name per data folder, always the same', () => {
		const env = { XDG_RUNTIME_DIR: temporaryFolder() };
		const first = chooseEndpoint('/home/me/.semantica', env);
		expect(chooseEndpoint('/home/me/.semantica', env)).toBe(first);
		expect(chooseEndpoint('/home/me/other', env)).not.toBe(first);
	});

	test('has a short name, however long the data folder’s', () => {
		const env = { XDG_RUNTIME_DIR: temporaryFolder() };
		const long = chooseEndpoint(`/${'long/'.repeat(200)}`, env);
		expect(long.length).toBe(chooseEndpoint('/a', env).length);
	});

	test('does not need the runtime folder to exist', () => {
		const runtime = join(temporaryFolder(), 'run', 'user', '0');
		const endpoint = chooseEndpoint('/a', { XDG_RUNTIME_DIR: runtime });
		expect(mode(dirname(endpoint))).toBe(0o700);
	});

	test('closes a folder of ours that stood open', () => {
		const runtime = temporaryFolder();
		mkdirSync(join(runtime, 'semantica'), { mode: 0o777 });
		chooseEndpoint('/a', { XDG_RUNTIME_DIR: runtime });
		expect(mode(join(runtime, 'semantica'))).toBe(0o700);
	});
});

describe.skipIf(process.platform === 'win32')('where there is no place for a socket', () => {
	function refusal(runtime: string): string {
		try {
			chooseEndpoint('/a', { XDG_RUNTIME_DIR: runtime });
		} catch (error) {
			expect(error).toBeInstanceOf(SemanticaError);
			expect((error as SemanticaError).kind).toBe('SYSTEM');
			return (error as SemanticaError).message;
		}
		throw new Error('An endpoint was chosen where there is none.');
	}

	test('a path beyond what the kernel takes is a sentence with a way out', () => {
		const runtime = join(temporaryFolder(), 'x'.repeat(100));
		expect(refusal(runtime)).toMatch(
			/^The socket path .*x{100}.* is longer than the 10[37] bytes .* Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder\.$/,
		);
	});

	test('a file in the way', () => {
		const runtime = temporaryFolder();
		writeFileSync(join(runtime, 'semantica'), '');
		expect(refusal(runtime)).toMatch(/cannot make the folder .* Set XDG_RUNTIME_DIR or TMPDIR/);
	});

	test('a link to somewhere else, which stays as it was', () => {
		const runtime = temporaryFolder();
		const elsewhere = temporaryFolder();
		const target = join(elsewhere, 'open');
		mkdirSync(target);
		const before = mode(target);
		symlinkSync(target, join(runtime, 'semantica'));
		expect(refusal(runtime)).toMatch(/is not a folder of yours/);
		expect(mode(target)).toBe(before);
	});
});
