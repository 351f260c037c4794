import { expect, it } from 'vitest';
import { JobStore } from '../../../extension/jobs/store/store.ts';
import { unfolding } from '../../../extension/jobs/store/unfold.ts';
import { makeJob } from './makeJob.ts';

function opened() {
	const store = new JobStore();
	const asked: PromiseWithResolvers<unknown>[] = [];
	const request = () => {
		const answer = Promise.withResolvers<unknown>();
		asked.push(answer);
		return answer.promise as never;
	};
	return { store, asked, unfold: unfolding({ store, link: { request }, log: () => {} }, 10) };
}

it('whoever asks for parts that are on their way waits for them, too', async () => {
	const { store, asked, unfold } = opened();
	const seen: number[] = [];
	const both = [unfold('p'), unfold('p')].map((done) =>
		done.then(() => seen.push(store.children('p').length)),
	);
	expect(asked).toHaveLength(1);
	asked[0]?.resolve({ jobs: [makeJob({ id: 'c', parentId: 'p' })] });
	await Promise.all(both);
	expect(seen).toEqual([1, 1]);
	await unfold('p');
	expect(asked).toHaveLength(1);
});

it('parts that could not be listed are asked for again', async () => {
	const { store, asked, unfold } = opened();
	const first = unfold('p');
	asked[0]?.reject(new Error('away'));
	await first;
	expect(store.isUnfolded('p')).toBe(false);
	void unfold('p');
	expect(asked).toHaveLength(2);
});
