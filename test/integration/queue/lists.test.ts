import { describe, expect, it } from 'vitest';
import { openQueue, task } from '../../support/queue.ts';

describe('the prefix of a subject', () => {
	it.each([
		['file:///w/A', ['file:///w/A', 'file:///w/A/b']],
		['file:///w/a', ['file:///w/alpha', 'file:///w/a%b']],
		['file:///w/a%', ['file:///w/a%b']],
		['file:///w/_', ['file:///w/_x']],
		['file:///w/é', ['file:///w/é😀z']],
		['file:///w/é😀', ['file:///w/é😀z']],
		['file:///w\\', []],
	])('%s means those that begin exactly so', async (subjectPrefix, meant) => {
		const queue = openQueue();
		const subjects = [
			'file:///w/A',
			'file:///w/A/b',
			'file:///w/alpha',
			'file:///w/a%b',
			'file:///w/_x',
			'file:///w/é😀z',
		];
		await queue.enqueue(task(), ...subjects.map((subject) => task({ subject })));
		expect(await queue.jobs.cancel({ filter: { subjectPrefix } })).toMatchObject({
			count: meant.length,
		});
		const { jobs } = queue.jobs.list({
			filter: { state: ['cancelled'] },
			sort: 'createdAt',
			limit: 10,
		});
		expect(jobs.map((job) => job.subject)).toEqual(meant);
	});
});
