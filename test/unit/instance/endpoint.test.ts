import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
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

describe.skipIf(process.platform === 'win32')('a runtime folder that is of no use', () => {
	afterEach(() => vi.unstubAllEnvs());

	const BAD: readonly { name: string; make: (runtime: string) => string }[] = [
		{ name: 'too long a path', make: (runtime) => join(runtime, 'x'.repeat(100)) },
		{
			name: 'a file in the way',
			make: (runtime) => {
				writeFileSync(join(runtime, 'semantica'), '');
				return runtime;
			},
		},
	];

	test.each(BAD)('$name: the temporary folder does', ({ make }) => {
		const temporary = temporaryFolder();
		vi.stubEnv('TMPDIR', temporary);
		const runtime = temporaryFolder();
		const endpoint = chooseEndpoint('/a', { XDG_RUNTIME_DIR: make(runtime) });
		expect(dirname(dirname(endpoint))).toBe(temporary);
		expect(mode(dirname(endpoint))).toBe(0o700);
	});

	test('a link to somewhere else, which stays as it was', () => {
		const temporary = temporaryFolder();
		vi.stubEnv('TMPDIR', temporary);
		const runtime = temporaryFolder();
		const target = join(temporaryFolder(), 'open');
		mkdirSync(target);
		const before = mode(target);
		symlinkSync(target, join(runtime, 'semantica'));
		const endpoint = chooseEndpoint('/a', { XDG_RUNTIME_DIR: runtime });
		expect(dirname(dirname(endpoint))).toBe(temporary);
		expect(mode(target)).toBe(before);
	});
});

describe.skipIf(process.platform === 'win32')('where there is no place for a socket', () => {
	afterEach(() => vi.unstubAllEnvs());

	function refusal(temporary: string): string {
		vi.stubEnv('TMPDIR', temporary);
		try {
			chooseEndpoint('/a', {});
		} catch (error) {
			expect(error).toBeInstanceOf(SemanticaError);
			expect((error as SemanticaError).kind).toBe('SYSTEM');
			return (error as SemanticaError).message;
		}
		throw new Error('An endpoint was chosen where there is none.');
	}

	test('a path beyond what the kernel takes is a sentence with a way out', () => {
		expect(refusal(join(temporaryFolder(), 'x'.repeat(100)))).toMatch(
			/^The socket path .*x{100}.* is longer than the 10[37] bytes .* Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder\.$/,
		);
	});

	test('a file in the way', () => {
		const temporary = temporaryFolder();
		writeFileSync(join(temporary, `semantica-${userInfo().uid}`), '');
		expect(refusal(temporary)).toMatch(/cannot make the folder .* Set XDG_RUNTIME_DIR or TMPDIR/);
	});

	test('a link to somewhere else, which stays as it was', () => {
		const temporary = temporaryFolder();
		const target = join(temporaryFolder(), 'open');
		mkdirSync(target);
		const before = mode(target);
		symlinkSync(target, join(temporary, `semantica-${userInfo().uid}`));
		expect(refusal(temporary)).toMatch(/is not a folder of yours/);
		expect(mode(target)).toBe(before);
	});
});
