import { expect, test } from 'vitest';
import { priorOf, searchablePath, stemOfPath } from '../../../daemon/indexing/words/paths.ts';

test('names that hyphens and dots divide are also there as one', () => {
	expect(searchablePath('src/user-list/payment.gateway.spec.ts')).toBe(
		'src/user-list/payment.gateway.spec.ts userlist paymentgatewayspec',
	);
	expect(searchablePath('src/main.ts')).toBe('src/main.ts');
});

test.each([
	['src/queue.test.ts', 'queue'],
	['Makefile', 'Makefile'],
	['a/.gitignore', '.gitignore'],
])('%s is about %s', (path, stem) => {
	expect(stemOfPath(path)).toBe(stem);
});

test('sources come before tests, declarations and copies', () => {
	const order = ['src/a.c', 'src/a.h', 'test/a.ts', 'vendor/a.c'];
	expect(order.toSorted((a, b) => priorOf(b) - priorOf(a))).toEqual(order);
	for (const path of ['src/contest/a.ts', 'src/latest.ts', 'src/about.ts']) {
		expect(priorOf(path)).toBe(0);
	}
});
