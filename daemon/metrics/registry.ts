/**
 * Metrics and their text, version 0.0.4 of Prometheus' format. Counters and histograms are kept as things happen;
 * gauges are read when somebody asks. Nothing here has a timer.
 */

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Add = (n: number, ...labels: string[]) => void;
/** One series of a metric, which whoever counts often keeps. */
export type Count = (n: number) => void;
export type Series = (...labels: string[]) => Count;
/** Several values with the same labels are added up. */
export type Read = (add: Add) => void;

export interface Registry {
	counter(name: string, help: string, labels?: readonly string[]): Series;
	/** A counter that is kept elsewhere. */
	counted(name: string, help: string, labels: readonly string[], read: Read): void;
	/** Says nothing where `read` adds nothing. */
	gauge(name: string, help: string, labels: readonly string[], read: Read): void;
	/** `bounds` ascend. */
	histogram(
		name: string,
		help: string,
		bounds: readonly number[],
		labels?: readonly string[],
	): Series;
	text(): string;
}

interface Metric {
	readonly name: string;
	readonly head: string;
	readonly lines: (out: string[]) => void;
}

/** Values by labels, without a string to be made where one that is there is meant. */
class Cells<T> {
	readonly #make: (labels: readonly string[]) => T;
	readonly #all: T[] = [];
	readonly #root = new Map<string, unknown>();
	#bare: T | undefined;

	constructor(make: (labels: readonly string[]) => T) {
		this.#make = make;
	}

	of(labels: readonly string[]): T {
		if (labels.length === 0) {
			this.#bare ??= this.#added(labels);
			return this.#bare;
		}
		let level = this.#root;
		const last = labels.length - 1;
		for (let i = 0; i < last; i++) {
			const label = labels[i] ?? '';
			let next = level.get(label) as Map<string, unknown> | undefined;
			if (next === undefined) {
				next = new Map();
				level.set(label, next);
			}
			level = next;
		}
		const label = labels[last] ?? '';
		let cell = level.get(label) as T | undefined;
		if (cell === undefined) {
			cell = this.#added(labels);
			level.set(label, cell);
		}
		return cell;
	}

	get all(): readonly T[] {
		return this.#all;
	}

	#added(labels: readonly string[]): T {
		const cell = this.#make(labels);
		this.#all.push(cell);
		return cell;
	}
}

export function createRegistry(): Registry {
	const metrics: Metric[] = [];

	function add(name: string, type: string, help: string, lines: Metric['lines']): void {
		const said = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
		metrics.push({ name, head: `# HELP ${name} ${said}\n# TYPE ${name} ${type}`, lines });
	}

	function valued(name: string, labels: readonly string[]) {
		return new Cells((values) => {
			const cell = {
				value: 0,
				series: name + labelText(labels, values),
				add(n: number): void {
					cell.value += n;
				},
			};
			return cell;
		});
	}

	function read(type: string) {
		return (name: string, help: string, labels: readonly string[], from: Read) =>
			add(name, type, help, (out) => {
				const cells = valued(name, labels);
				from((n, ...values) => cells.of(values).add(n));
				for (const { series, value } of cells.all) out.push(`${series} ${numberText(value)}`);
			});
	}

	return {
		counter(name, help, labels = []) {
			const cells = valued(name, labels);
			if (labels.length === 0) cells.of([]);
			add(name, 'counter', help, (out) => {
				for (const { series, value } of cells.all) out.push(`${series} ${numberText(value)}`);
			});
			return (...values) => cells.of(values).add;
		},
		counted: read('counter'),
		gauge: read('gauge'),
		histogram(name, help, bounds, labels = []) {
			const cells = new Cells((values) => {
				const cell = {
					// The last one is beyond every bound.
					counts: [...bounds, Number.POSITIVE_INFINITY].map(() => 0),
					sum: 0,
					buckets: [...bounds, Number.POSITIVE_INFINITY].map(
						(bound) =>
							`${name}_bucket${labelText([...labels, 'le'], [...values, numberText(bound)])}`,
					),
					labels: labelText(labels, values),
					add(n: number): void {
						let at = 0;
						while (at < bounds.length && n > (bounds[at] ?? 0)) at++;
						cell.counts[at] = (cell.counts[at] ?? 0) + 1;
						cell.sum += n;
					},
				};
				return cell;
			});
			if (labels.length === 0) cells.of([]);
			add(name, 'histogram', help, (out) => {
				for (const { counts, sum, buckets, labels: ofSeries } of cells.all) {
					let count = 0;
					for (const [i, series] of buckets.entries()) {
						count += counts[i] ?? 0;
						out.push(`${series} ${count}`);
					}
					out.push(
						`${name}_sum${ofSeries} ${numberText(sum)}`,
						`${name}_count${ofSeries} ${count}`,
					);
				}
			});
			return (...values) => cells.of(values).add;
		},
		text() {
			const out: string[] = [];
			for (const { head, lines } of metrics) {
				const at = out.push(head);
				lines(out);
				// A metric without a value is not there.
				if (out.length === at) out.pop();
			}
			return `${out.join('\n')}\n`;
		},
	};
}

function labelText(names: readonly string[], values: readonly string[]): string {
	if (names.length === 0) return '';
	const pairs = names.map((name, i) => `${name}="${escaped(values[i] ?? '')}"`);
	return `{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
	value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function numberText(value: number): string {
	if (Number.isFinite(value)) return String(value);
	if (Number.isNaN(value)) return 'NaN';
	return value > 0 ? '+Inf' : '-Inf';
}
