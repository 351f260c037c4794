import { expect, test } from 'vitest';
import { createGathering, type Gathered } from '../../../daemon/notifications/gathering.ts';
import { FakeClock } from '../../support/queue.ts';

function open(isThere = () => true) {
	const clock = new FakeClock();
	const told: Gathered[] = [];
	const gathering = createGathering(clock, (gathered) => {
		if (isThere()) told.push(gathered);
		return isThere();
	});
	const add = (...ids: string[]) =>
		gathering.add(ids.map((id) => ({ id, failed: id.startsWith('bad') })));
	return { clock, told, gathering, add };
}

test('what ends within a moment is told as one, what follows a while later', () => {
	const { clock, told, add } = open();
	add('a', 'bad b');
	clock.advance(200);
	add('c');
	expect(told).toEqual([]);
	clock.advance(100);
	expect(told).toEqual([{ ids: ['bad b', 'a', 'c'], count: 3, failed: 1 }]);
	add('d');
	clock.advance(4000);
	add('e');
	expect(told).toHaveLength(1);
	clock.advance(1000);
	expect(told[1]).toEqual({ ids: ['d', 'e'], count: 2, failed: 0 });
	// Between them nothing is armed.
	expect(clock.pending).toEqual([]);
	clock.advance(60_000);
	add('f');
	clock.advance(300);
	expect(told[2]?.ids).toEqual(['f']);
});

test('of many the first are named, those that failed before others, all are counted, and no more than that is kept', () => {
	const { clock, told, add } = open();
	for (let i = 0; i < 1000; i++) add(i % 2 === 0 ? `bad ${i}` : `${i}`);
	clock.advance(300);
	expect(told[0]).toMatchObject({ count: 1000, failed: 500 });
	expect(told[0]?.ids).toEqual(Array.from({ length: 10 }, (_, i) => `bad ${2 * i}`));
});

test('where nobody can be told it is kept until somebody can', () => {
	let there = false;
	const { clock, told, add, gathering } = open(() => there);
	add('a');
	clock.advance(300);
	gathering.flush();
	add('bad b');
	clock.advance(300);
	there = true;
	expect(told).toEqual([]);
	gathering.flush();
	gathering.flush();
	expect(told).toEqual([{ ids: ['bad b', 'a'], count: 2, failed: 1 }]);
});
