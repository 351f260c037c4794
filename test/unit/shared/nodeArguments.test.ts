import { expect, test } from 'vitest';
import { indexerPlan } from '../../../daemon/indexing/handlers.ts';
import { nodeArguments } from '../../../shared/nodeArguments.ts';

test('our own Node is told to keep its debugger shut; another one might not understand', () => {
	expect(nodeArguments(process.execPath)).toEqual(['--disable-sigusr1']);
	expect(nodeArguments('/some/older/node')).toEqual([]);
});

test('an indexer is told so too', () => {
	const plan = indexerPlan({ node: () => process.execPath, indexerEntry: '/indexer.js' });
	expect(plan.args[0]).toBe('--disable-sigusr1');
});
