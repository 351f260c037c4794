import { defineConfig } from 'vitest/config';

// Random inputs are the same in every ordinary run.
const setupFiles = ['test/support/fastCheck.ts'];
const long = process.env['CHAOS'] === 'long';

const config = defineConfig({
	test: {
		projects: [
			{
				test: {
					name: 'unit',
					include: ['test/unit/**/*.test.ts'],
					setupFiles,
					testTimeout: 30_000,
				},
			},
			{
				test: {
					name: 'integration',
					include: ['test/integration/**/*.test.ts'],
					setupFiles,
					// Real processes on shared machines: generous, and few at a time. They wait half of theirs.
					testTimeout: 120_000,
					hookTimeout: 120_000,
					maxWorkers: 3,
					sequence: { groupOrder: 1 },
				},
			},
			{
				test: {
					name: 'chaos',
					include: ['test/chaos/**/*.test.ts'],
					testTimeout: long ? 1_800_000 : 120_000,
					hookTimeout: 120_000,
					// They count the processes that are left and kill what they can: one at a time, after the others.
					maxWorkers: 1,
					fileParallelism: false,
					sequence: { groupOrder: 2 },
				},
			},
		],
	},
});
export default config;
