/** A payload file that cannot be read for a moment is not lost. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPayloadFolder, type PayloadFolder } from '../../../daemon/payloads/folder.ts';
import { readVerified } from '../../../daemon/payloads/verified.ts';
import { openQueue, task } from '../../support/queue.ts';

const content = 'content '.repeat(10_000);
const file = { digest: createHash('sha256').update(content).digest(), bytes: content.length };

/** A folder that holds it and refuses to open it so often. */
async function folderThatRefuses(times: number, code: string): Promise<PayloadFolder> {
	const { db, enqueue } = openQueue();
	await enqueue(task({ payload: content }));
	const folder = createPayloadFolder(join(db.name, '../payloads'));
	let refusals = times;
	return {
		...folder,
		open: (digest) =>
			refusals-- > 0
				? Promise.reject(Object.assign(new Error('no'), { code }))
				: folder.open(digest),
	};
}

test('a disk that stumbles is tried again', async () => {
	const folder = await folderThatRefuses(3, 'EIO');
	expect((await readVerified(folder, file)).toString()).toBe(content);
});

test('one that goes on refusing says nothing about the content', async () => {
	const folder = await folderThatRefuses(Number.POSITIVE_INFINITY, 'EACCES');
	await expect(readVerified(folder, file)).rejects.toMatchObject({ kind: 'SYSTEM' });
});

test('what is gone is lost at once', async () => {
	const folder = await folderThatRefuses(1, 'ENOENT');
	await expect(readVerified(folder, file)).rejects.toMatchObject({ kind: 'PAYLOAD_LOST' });
});
