/** Index jobs in the daemon: what is no use trying again, and what is never indexed. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
	enqueue,
	jobEnd,
	readWholeLog,
	startDaemon,
	temporaryFolder,
} from '../../support/daemon.ts';

const uri = (folder: string): string => pathToFileURL(folder).href;

describe('index jobs', () => {
	it.each([
		['gone', (folder: string) => rmSync(folder, { recursive: true }), 'does not exist'],
		['empty', (folder: string) => rmSync(join(folder, 'a')), 'semantica index --delete'],
	])('of a folder that is %s fail at once, with a sentence', async (_, change, sentence) => {
		const daemon = await startDaemon();
		const connection = await daemon.connect();
		const folder = join(temporaryFolder(), 'project');
		mkdirSync(folder);
		writeFileSync(join(folder, 'a'), 'needle');
		const workspace = uri(folder);
		const [first = ''] = await enqueue(connection, { type: 'index.workspace', workspace });
		expect(await jobEnd(daemon, first)).toMatchObject({ state: 'succeeded' });
		await connection.request('queue/update', { name: 'index', paused: true });
		const payload = { files: ['a'] };
		const ids = await enqueue(
			connection,
			{ type: 'index.workspace', workspace },
			{ type: 'index.files', workspace, payload },
		);
		change(folder);
		await connection.request('queue/update', { name: 'index', paused: false });
		for (const id of ids) {
			expect(await jobEnd(daemon, id)).toMatchObject({
				state: 'failed',
				attempt: 1,
				exitCode: 3,
				error: { message: expect.stringContaining(sentence) },
			});
			expect(await readWholeLog(connection, id)).toContain(sentence);
		}
		const { indexes } = await connection.request('index/status', { workspace });
		expect(indexes).toMatchObject([{ files: 1 }]);
	});

	it('never find the token, though the data folder lies in the indexed one', async () => {
		const project = temporaryFolder();
		const home = join(project, 'data');
		const daemon = await startDaemon({ home });
		const connection = await daemon.connect();
		writeFileSync(join(project, 'a'), 'needle');
		const spec = { type: 'index.workspace', workspace: uri(project) };
		const [id = ''] = await enqueue(connection, spec);
		expect(await jobEnd(daemon, id)).toMatchObject({ state: 'succeeded', result: { files: 1 } });
		const [again = ''] = await enqueue(connection, spec);
		expect(await jobEnd(daemon, again)).toMatchObject({ result: { files: 1, changed: 0 } });
		await expect(enqueue(connection, { ...spec, workspace: uri(home) })).rejects.toMatchObject({
			message: expect.stringContaining('own data folder'),
		});
	});
});
