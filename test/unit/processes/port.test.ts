import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { whoAnswers } from '../../../daemon/processes/readiness/port.ts';

vi.mock('node:fs', async (original) => ({
	...(await original<typeof import('node:fs')>()),
	readdirSync: vi.fn(),
}));
vi.mock('node:fs/promises', async (original) => ({
	...(await original<typeof import('node:fs/promises')>()),
	readFile: vi.fn(),
}));

const PLACE = { port: 4321, host: undefined };
const LISTENS = `0: 0100007F:${PLACE.port.toString(16).toUpperCase()} 0:0 0A 0 0 0 0 0 77`;
const refusal = (code: string) => Object.assign(new Error(code), { code });
const answer = () => whoAnswers(PLACE, async () => [1]);

beforeEach(() => {
	vi.mocked(readFile).mockReset().mockResolvedValue(LISTENS);
	vi.mocked(readdirSync).mockReset().mockReturnValue([]);
});

test('a process whose descriptors are not ours to see is passed over', async () => {
	vi.mocked(readdirSync).mockImplementationOnce(() => {
		throw refusal('EACCES');
	});
	expect(await answer()).toEqual({ by: 'unknown' });
});

test('one whose descriptors cannot be seen just now may be the one that is sought', async () => {
	vi.mocked(readdirSync).mockImplementationOnce(() => {
		throw refusal('EMFILE');
	});
	await expect(answer()).rejects.toThrow('EMFILE');
});

test('for want of a descriptor nothing is told', async () => {
	vi.mocked(readFile).mockRejectedValueOnce(refusal('EMFILE'));
	await expect(answer()).rejects.toThrow('EMFILE');
});
