import type { Alternative, Figure } from '../../bench/figures.ts';
import type { BenchReport } from '../../bench/report.ts';

export const figure = (ours: number[], more: Partial<Figure> = {}): Figure => ({
	name: 'sample',
	what: 'a sample',
	unit: 'jobs/s',
	better: 'higher',
	ours,
	busy: 0,
	...more,
});

export const beside = (values: number[], more: Partial<Alternative> = {}): Alternative => ({
	label: 'other',
	values,
	...more,
});

export const report = (...figures: Figure[]): BenchReport => ({
	at: '2026-01-01T00:00:00.000Z',
	machine: { cpu: 'any', cores: 2, memoryGiB: 8, kernel: '6.1', node: '24.0.0' },
	versions: { Redis: '7.0.15' },
	figures,
	failures: [],
});
