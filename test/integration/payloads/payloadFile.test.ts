/** payloadFile: taken by streaming, and refused with a sentence whenever it is not a file that stands still. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
	appendFileSync,
	chmodSync,
	mkdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findPayloadFile } from '../../../daemon/payloads/payloadFile.ts';
import { enqueue, jobEnd, startDaemon, temporaryFolder } from '../../support/daemon.ts';
import {
	digesting,
	digestOfJob,
	drafts,
	pathOfContent,
	payloadFiles,
	readPayload,
	refusal,
	sha256,
} from './support.ts';

/** Inodes of the files of which a process holds a part. */
function locksOf(pid: number): Set<number> {
	const lines = readFileSync('/proc/locks', 'utf8').matchAll(
		/POSIX .* (\d+) [\da-f]+:[\da-f]+:(\d+) /g,
	);
	return new Set(
		[...lines].filter(([, of]) => Number(of) === pid).map(([, , inode]) => Number(inode)),
	);
}

describe('payloadFile', () => {
	test('gives a command the very bytes of the file, whatever they are', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const folder = temporaryFolder();
		const random = randomBytes(3_000_000);
		for (const [name, content] of Object.entries({
			random,
			tiny: Buffer.from([0xff, 0x00, 0xfe]),
			empty: Buffer.alloc(0),
		})) {
			const file = join(folder, name);
			writeFileSync(file, content);
			const link = join(folder, `link to ${name}`);
			symlinkSync(file, link);
			for (const payloadFile of [file, link]) {
				const [id = ''] = await enqueue(client, digesting({ payloadFile }));
				expect(await digestOfJob(daemon, id)).toBe(sha256(content));
			}
		}
		expect(payloadFiles(daemon.paths.payloads)).toEqual([
			pathOfContent(daemon.paths.payloads, random),
		]);
	});

	test('shares its file with a payload of the same content', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const content = 'same content '.repeat(10_000);
		const file = join(temporaryFolder(), 'content');
		writeFileSync(file, content);
		const ids = await enqueue(
			client,
			digesting({ payload: content }),
			digesting({ payloadFile: file }),
		);
		for (const id of ids) expect(await readPayload(client, id, 1024 * 1024)).toBe(content);
		expect(payloadFiles(daemon.paths.payloads)).toHaveLength(1);
		expect(drafts(daemon.paths.payloads)).toEqual([]);
	});

	test('other types see its JSON as their payload and judge it', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'a.txt'), 'words');
		const file = join(folder, 'payload.json');
		const job = {
			type: 'index.files',
			workspace: pathToFileURL(folder).href,
			payloadFile: file,
		};
		writeFileSync(file, JSON.stringify({ files: ['a.txt'] }));
		const [id = ''] = await enqueue(client, job);
		expect(JSON.parse(await readPayload(client, id, 1000))).toMatchObject({ files: ['a.txt'] });

		for (const [content, path] of [
			['{"files": ["../out"]}', 'jobs[0].payload.files[0]'],
			['not JSON', 'jobs[0].payloadFile'],
			['['.repeat(40) + ']'.repeat(40), 'jobs[0].payloadFile'],
			[Buffer.from([0x22, 0xff, 0x22]), 'jobs[0].payloadFile'],
		] as const) {
			writeFileSync(file, content);
			expect(await refusal(enqueue(client, job))).toMatchObject({ kind: 'VALIDATION', path });
		}
		truncateSync(file, 16 * 1024 * 1024 + 1);
		expect(await refusal(enqueue(client, job))).toMatchObject({ kind: 'TOO_LARGE' });
	});

	test('what is no readable regular file of acceptable size is refused before anything is written', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const folder = temporaryFolder();
		const at = (name: string) => join(folder, name);
		execFileSync('mkfifo', [at('fifo')]);
		mkdirSync(at('folder'));
		symlinkSync('/dev/zero', at('link to a device'));
		symlinkSync(at('nowhere'), at('dangling link'));
		writeFileSync(at('huge'), '');
		truncateSync(at('huge'), 256 * 1024 * 1024 + 1);
		writeFileSync(at('unreadable'), 'x'.repeat(20_000));
		chmodSync(at('unreadable'), 0o000);
		const refused: [string, string][] = [
			['relative/path', 'VALIDATION'],
			[at('fifo'), 'VALIDATION'],
			[at('folder'), 'VALIDATION'],
			['/dev/zero', 'VALIDATION'],
			['/dev/null', 'VALIDATION'],
			[at('link to a device'), 'VALIDATION'],
			[at('dangling link'), 'VALIDATION'],
			[at('nowhere'), 'VALIDATION'],
			// Says that it is empty, and is not.
			['/proc/self/status', 'VALIDATION'],
			[at('huge'), 'TOO_LARGE'],
		];
		// A superuser reads everything.
		if (process.getuid?.() !== 0) refused.push([at('unreadable'), 'VALIDATION']);
		for (const [payloadFile, kind] of refused) {
			// The first job is fine, and must not be stored for the second.
			const request = enqueue(
				client,
				digesting({ payload: 'fine '.repeat(5000) }),
				digesting({ payloadFile }),
			);
			const found = await refusal(request);
			expect(found, payloadFile).toMatchObject({ kind, path: 'jobs[1].payloadFile' });
			expect(found.message).toMatch(/\.$/);
		}
		const both = digesting({ payload: null, payloadFile: at('unreadable') });
		expect(await refusal(enqueue(client, both))).toMatchObject({ kind: 'VALIDATION' });
		expect(await refusal(enqueue(client, digesting({ payloadFile: '/a\0b' })))).toMatchObject({
			code: -32602,
		});
		await expect.poll(() => payloadFiles(daemon.paths.payloads), { timeout: 20_000 }).toEqual([]);
		expect((await client.request('job/list', {})).total.value).toBe(0);
	});

	// Windows has no such locks.
	test.runIf(process.platform === 'linux')(
		'what the daemon itself holds is not opened, by whatever name: its locks would be gone',
		async () => {
			const daemon = await startDaemon();
			const client = await daemon.connect();
			const { database, lockFile } = daemon.paths;
			const held = [database, `${database}-shm`, lockFile];
			const folder = temporaryFolder();
			const link = join(folder, 'link');
			symlinkSync(database, link);
			for (const payloadFile of [...held, link]) {
				const found = await refusal(enqueue(client, digesting({ payloadFile })));
				expect(found, payloadFile).toMatchObject({ kind: 'VALIDATION' });
			}
			const inputs = [database, `${database}-shm`, link];
			const [id = ''] = await enqueue(client, {
				type: 'command',
				command: { command: 'true', cwd: '/' },
				skipIfUnchanged: { inputs: inputs.map((path) => path.slice(1)), env: [] },
			});
			await jobEnd(daemon, id);
			expect(locksOf(daemon.state.pid)).toEqual(new Set(held.map((path) => statSync(path).ino)));
		},
	);

	test('one that changes while it is read is refused', async () => {
		const folder = temporaryFolder();
		const path = join(folder, 'changing');
		const changes: ((file: string) => void)[] = [
			(file) => appendFileSync(file, 'more'),
			(file) => truncateSync(file, 100),
			(file) => {
				execFileSync('mv', [file, `${file}.old`]);
				writeFileSync(file, Buffer.alloc(1_000_000));
			},
		];
		for (const [index, change] of changes.entries()) {
			for (const when of ['before', 'during'] as const) {
				writeFileSync(path, Buffer.alloc(1_000_000));
				const file = await findPayloadFile(path, () => false);
				if (when === 'before') change(path);
				const read = async () => {
					let chunks = 0;
					for await (const _ of file.read()) {
						if (when === 'during' && chunks++ === 1) change(path);
						await turn();
					}
				};
				// Replaced by name while it is open: what was opened is still whole.
				if (when === 'during' && index === 2) await read();
				else await expect(read(), `change ${index} ${when}`).rejects.toThrow('changed while');
			}
		}
	});
});

describe('payloads that are refused', () => {
	test('too deep, too large, or without a form in UTF-8: nothing is written', async () => {
		const daemon = await startDaemon();
		const client = await daemon.connect();
		const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
		const tooDeep = await refusal(enqueue(client, digesting({ payload: nested(33) })));
		expect(tooDeep).toMatchObject({ code: -32602, path: 'jobs[0].payload' });
		await enqueue(client, digesting({ payload: nested(32) }));
		const half = await refusal(
			enqueue(client, digesting({ payload: `half \ud83d ${'x'.repeat(20_000)}` })),
		);
		expect(half).toMatchObject({ kind: 'VALIDATION', path: 'jobs[0].payload' });
		const large = 'x'.repeat(16 * 1024 * 1024 + 1);
		const tooLarge = await refusal(
			enqueue(client, digesting({ payload: 'y'.repeat(20_000) }), digesting({ payload: large })),
		);
		expect(tooLarge).toMatchObject({ kind: 'TOO_LARGE', path: 'jobs[1].payload' });
		expect(payloadFiles(daemon.paths.payloads)).toEqual([]);
	});
});
