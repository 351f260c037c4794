import { expect, test } from 'vitest';
import { indexerPlan } from '../../../daemon/indexing/handlers.ts';
import { daemonArguments, nodeArguments } from '../../../shared/nodeArguments.ts';

test('our own Node is told to keep its debugger shut; another one might not understand', () => {
	expect(nodeArguments(process.execPath)).toEqual(['--disable-sigusr1']);
	expect(nodeArguments('/some/older/node')).toEqual([]);
});

test('an indexer is told so too', () => {
	const plan = indexerPlan({ node: () => process.execPath, indexerEntry: '/indexer.js' });
	expect(plan.args[0]).toBe('--disable-sigusr1');
});

test('a daemon is told how much room young objects may have, by whatever Node it is run', () => {
	const told = '--max-semi-space-size=4';
	expect(daemonArguments(process.execPath)).toEqual(['--disable-sigusr1', told]);
	expect(daemonArguments('/some/older/node')).toEqual([told]);
});
