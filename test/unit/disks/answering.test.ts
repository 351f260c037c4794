import { describe, expect, it } from 'vitest';
import { createLooks } from '../../../daemon/disks/answering.ts';

const never = () => new Promise<never>(() => {});

describe('looking at what may not answer', () => {
	it('gives the answer, or the error, as it is', async () => {
		const looks = createLooks(1, 1);
		expect(await looks.at('/a', async () => 1)).toBe(1);
		await expect(looks.at('/a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		expect(looks.open).toBe(0);
	});

	it('waits no longer than the limit, and remembers that the look is still open', async () => {
		const looks = createLooks(2, 2);
		await expect(looks.at('/silent', never, 20)).rejects.toMatchObject({
			kind: 'VALIDATION',
			message: expect.stringMatching(/^\/silent did not answer within/),
		});
		expect(looks.open).toBe(1);
	});

	it('begins no more at once than it may; the others wait their turn, as long as their own limit', async () => {
		const looks = createLooks(1, 1);
		const answer = Promise.withResolvers<string>();
		const begun: string[] = [];
		const look = (name: string, result: Promise<string>) => () => {
			begun.push(name);
			return result;
		};
		const first = looks.at('/first', look('first', answer.promise), 10_000);
		const impatient = looks.at('/impatient', look('impatient', answer.promise), 10);
		const patient = looks.at('/patient', look('patient', answer.promise), 10_000);
		await expect(impatient).rejects.toThrow('/impatient did not answer');
		expect(begun).toEqual(['first']);
		answer.resolve('there');
		expect(await Promise.all([first, patient])).toEqual(['there', 'there']);
		expect(begun).toEqual(['first', 'patient']);
		expect(looks.open).toBe(0);
	});

	it('loses few to a folder that does not answer, and to what is inside of it', async () => {
		const looks = createLooks(3, 2);
		const silent = ['/silent', '/silent/a', '/silent/b', '/silent'].map((path) =>
			looks.at(path, never, 20),
		);
		expect(looks.open).toBe(2);
		expect(await looks.at('/silently', async () => 'there')).toBe('there');
		const ends = await Promise.allSettled(silent);
		expect(ends.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
		expect(await looks.at('/', async () => 'still')).toBe('still');
		expect(looks.open).toBe(2);
	});
});
