import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createIdSource } from '../../../daemon/queue/store/ids.ts';

describe('job ids', () => {
	it('are UUIDv7, differ, and grow also while time stands still or goes back', () => {
		let time = 1_700_000_000_000;
		const newId = createIdSource(() => time);
		const ids: string[] = [];
		for (let n = 0; n < 3000; n++) {
			if (n % 500 === 499) time += n % 1000 === 999 ? 7 : -3;
			ids.push(newId());
		}
		expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
		expect(new Set(ids).size).toBe(ids.length);
		expect([...ids].sort()).toEqual(ids);
		expect(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(
			1_700_000_000_000,
		);
	});
});
