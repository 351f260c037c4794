/** Collects what the contenders have shown, and lays it out by columns. */
import type { Alternative, Figure } from '../figures.ts';

export type Column = Pick<Figure, 'name' | 'what' | 'unit' | 'better'> & {
	readonly table: string;
};

export interface Showing {
	readonly value: number;
	/** CPU µs per job. */
	readonly cpu?: number | undefined;
	/** Why the value says nothing. */
	readonly wrong?: string | undefined;
}

interface Entry {
	readonly values: number[];
	readonly cpu: number[];
	wrong?: string | undefined;
}

export interface Board {
	add(column: Column, label: string, showing: Showing): void;
	/** Nothing more comes from it, and why. */
	giveUp(label: string, why: string): void;
	gaveUp(label: string): boolean;
	/** A figure for each column; `ours` names our own line in it, `labels` all lines in their order. */
	figures(ours: (column: Column) => string, labels: readonly string[]): Figure[];
}

export function createBoard(): Board {
	const columns = new Map<string, { column: Column; entries: Map<string, Entry> }>();
	const reasons = new Map<string, string>();

	function lineOf(label: string, entry: Entry | undefined): Alternative | undefined {
		const why = reasons.get(label);
		if (entry === undefined)
			return why === undefined ? undefined : { label, values: [], absent: why };
		const { values, cpu, wrong } = entry;
		return {
			label,
			values,
			...(cpu.length > 0 ? { cpu } : {}),
			...(wrong === undefined ? {} : { void: wrong }),
		};
	}

	return {
		add(column, label, { value, cpu, wrong }) {
			const known = columns.get(column.name) ?? { column, entries: new Map<string, Entry>() };
			columns.set(column.name, known);
			const entry = known.entries.get(label) ?? { values: [], cpu: [] };
			known.entries.set(label, entry);
			entry.values.push(value);
			if (cpu !== undefined) entry.cpu.push(cpu);
			entry.wrong ??= wrong;
		},
		giveUp(label, why) {
			reasons.set(label, why);
		},
		gaveUp: (label) => reasons.has(label),
		figures(ours, labels) {
			return [...columns.values()].map(({ column, entries }) => {
				const label = ours(column);
				const own = lineOf(label, entries.get(label));
				const why = own?.void ?? own?.absent;
				const others = labels
					.filter((other) => other !== label)
					.map((other) => lineOf(other, entries.get(other)))
					.filter((other) => other !== undefined);
				return {
					...column,
					label,
					ours: own?.values ?? [],
					...(own?.cpu === undefined ? {} : { cpu: own.cpu }),
					...(why === undefined ? {} : { void: why }),
					others,
				};
			});
		},
	};
}
