import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { machineMemory } from '../../../extension/machineMemory.ts';

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'semantica-memory-'));
	onTestFinished(() => rmSync(path, { recursive: true }));
	return join(path, 'not', 'there');
}

it('keeps each list for every window of the machine, and nothing else', async () => {
	const where = folder();
	const [one, other] = [machineMemory(where), machineMemory(where)];
	expect(await one.get('folders', ['none'])).toEqual(['none']);
	await one.update('folders', ['file:///a']);
	await one.update('settings:/home/me', ['limitJobs']);
	expect(await other.get('folders', [])).toEqual(['file:///a']);
	await other.update('folders', []);
	expect(await one.get('folders', ['none'])).toEqual([]);
	expect(await one.get('settings:/home/me', [])).toEqual(['limitJobs']);
	expect(readdirSync(where)).toHaveLength(2);
});

it('what cannot be read counts as not kept', async () => {
	const where = folder();
	const memory = machineMemory(where);
	await memory.update('folders', ['file:///a']);
	const [name = ''] = readdirSync(where);
	for (const wrong of ['', '{"a":1}', '[1]', 'null']) {
		writeFileSync(join(where, name), wrong);
		expect(await memory.get('folders', ['none'])).toEqual(['none']);
	}
	rmSync(join(where, name));
	mkdirSync(join(where, name));
	expect(await memory.get('folders', ['none'])).toEqual(['none']);
});
