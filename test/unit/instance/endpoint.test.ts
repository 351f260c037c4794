import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseEndpoint } from '../../../daemon/instance/endpoint.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/daemon.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

/** A data folder, beside whose state file the socket finds a place. */
const short = () => within(temporaryFolder());
/** One whose path is too long for that. */
const long = () => within(join(temporaryFolder(), 'x'.repeat(100)));
const within = (home: string) => ({ home, run: join(home, 'run') });

describe.skipIf(process.platform === 'win32')('the socket', () => {
	test('stands beside the state file, in a folder that is private', async () => {
		const paths = short();
		mkdirSync(paths.run, { mode: 0o777 });
		const runtime = temporaryFolder();
		const endpoint = await chooseEndpoint(paths, { XDG_RUNTIME_DIR: runtime });
		expect(endpoint).toBe(join(paths.run, 'daemon.sock'));
		expect(mode(paths.run)).toBe(0o700);
		expect(readdirSync(runtime)).toEqual([]);
	});

	test('takes the place of what a killed daemon left', async () => {
		const paths = short();
		mkdirSync(paths.run);
		writeFileSync(join(paths.run, 'daemon.sock'), '');
		expect(await chooseEndpoint(paths, {})).toBe(join(paths.run, 'daemon.sock'));
		expect(readdirSync(paths.run)).toEqual([]);
	});

	test('stands in the runtime folder where it cannot stand there', async () => {
		const runtime = temporaryFolder();
		const paths = short();
		mkdirSync(join(paths.run, 'daemon.sock'), { recursive: true });
		const endpoint = await chooseEndpoint(paths, { XDG_RUNTIME_DIR: runtime });
		expect(dirname(endpoint)).toBe(join(runtime, 'semantica'));
		expect(mode(dirname(endpoint))).toBe(0o700);
	});
});

describe.skipIf(process.platform === 'win32')(
	'the socket of a data folder with a long path',
	() => {
		test('stands in a private folder of the runtime folder', async () => {
			const runtime = temporaryFolder();
			const endpoint = await chooseEndpoint(long(), { XDG_RUNTIME_DIR: runtime });
			expect(dirname(endpoint)).toBe(join(runtime, 'semantica'));
			expect(mode(dirname(endpoint))).toBe(0o700);
		});

		test('has one short name per data folder, always the same', async () => {
			const env = { XDG_RUNTIME_DIR: temporaryFolder() };
			const paths = long();
			const first = await chooseEndpoint(paths, env);
			expect(await chooseEndpoint(paths, env)).toBe(first);
			const other = await chooseEndpoint(within(`/${'long/'.repeat(200)}`), env);
			expect(other).not.toBe(first);
			expect(other.length).toBe(first.length);
		});

		test('does not need the runtime folder to exist', async () => {
			const runtime = join(temporaryFolder(), 'run', 'user', '0');
			const endpoint = await chooseEndpoint(long(), { XDG_RUNTIME_DIR: runtime });
			expect(mode(dirname(endpoint))).toBe(0o700);
		});

		test('closes a folder of ours that stood open', async () => {
			const runtime = temporaryFolder();
			mkdirSync(join(runtime, 'semantica'), { mode: 0o777 });
			await chooseEndpoint(long(), { XDG_RUNTIME_DIR: runtime });
			expect(mode(join(runtime, 'semantica'))).toBe(0o700);
		});
	},
);

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

	test.each(BAD)('$name: the temporary folder does', async ({ make }) => {
		const temporary = temporaryFolder();
		vi.stubEnv('TMPDIR', temporary);
		const runtime = temporaryFolder();
		const endpoint = await chooseEndpoint(long(), { XDG_RUNTIME_DIR: make(runtime) });
		expect(dirname(dirname(endpoint))).toBe(temporary);
		expect(mode(dirname(endpoint))).toBe(0o700);
	});

	test('a link to somewhere else, which stays as it was', async () => {
		const temporary = temporaryFolder();
		vi.stubEnv('TMPDIR', temporary);
		const runtime = temporaryFolder();
		const target = join(temporaryFolder(), 'open');
		mkdirSync(target);
		const before = mode(target);
		symlinkSync(target, join(runtime, 'semantica'));
		const endpoint = await chooseEndpoint(long(), { XDG_RUNTIME_DIR: runtime });
		expect(dirname(dirname(endpoint))).toBe(temporary);
		expect(mode(target)).toBe(before);
	});
});

describe.skipIf(process.platform === 'win32')('where there is no place for a socket', () => {
	afterEach(() => vi.unstubAllEnvs());

	async function refusal(temporary: string): Promise<string> {
		const paths = long();
		vi.stubEnv('TMPDIR', temporary);
		try {
			await chooseEndpoint(paths, {});
		} catch (error) {
			expect(error).toBeInstanceOf(SemanticaError);
			expect((error as SemanticaError).kind).toBe('SYSTEM');
			return (error as SemanticaError).message;
		}
		throw new Error('An endpoint was chosen where there is none.');
	}

	test('a path beyond what the kernel takes is a sentence with a way out', async () => {
		expect(await refusal(join(temporaryFolder(), 'x'.repeat(100)))).toMatch(
			/^The socket path .*x{100}.* is longer than the 10[37] bytes .* Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder\.$/,
		);
	});

	test('a file in the way', async () => {
		const temporary = temporaryFolder();
		writeFileSync(join(temporary, `semantica-${userInfo().uid}`), '');
		expect(await refusal(temporary)).toMatch(
			/cannot make the folder .* Set XDG_RUNTIME_DIR or TMPDIR/,
		);
	});

	test('a link to somewhere else, which stays as it was', async () => {
		const temporary = temporaryFolder();
		const target = join(temporaryFolder(), 'open');
		mkdirSync(target);
		const before = mode(target);
		symlinkSync(target, join(temporary, `semantica-${userInfo().uid}`));
		expect(await refusal(temporary)).toMatch(/is not a folder of yours/);
		expect(mode(target)).toBe(before);
	});
});
