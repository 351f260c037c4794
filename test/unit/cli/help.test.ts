import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { examples } from '../../../daemon/cli/commands/help.ts';

describe('examples in a help', () => {
	const text = examples(['semantica list', 'all'], ['semantica index --wait', 'index and watch']);
	const at = (width: number) =>
		text({ command: new Command().configureOutput({ getOutHelpWidth: () => width }) });

	it('have their meaning beside them, or below where there is no room', () => {
		expect(at(80).split('\n').slice(2)).toEqual([
			'  semantica list          # all',
			'  semantica index --wait  # index and watch',
		]);
		expect(at(40).split('\n').slice(2)).toEqual([
			'  semantica list',
			'    # all',
			'  semantica index --wait',
			'    # index and watch',
		]);
	});
});
