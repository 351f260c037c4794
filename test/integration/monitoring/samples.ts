/** Samples of Prometheus' text format. */
import type { DaemonConnection } from '../../../shared/client/connection.ts';

export interface Sample {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

export async function textOf(client: DaemonConnection): Promise<string> {
	return (await client.request('system/metrics', {})).text;
}

/** Of labels without escapes. */
export function samples(text: string): Sample[] {
	return [...text.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)$/gm)].map(
		([, name = '', labels = '', value]) => ({
			name,
			labels: Object.fromEntries(
				[...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of]),
			),
			value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
		}),
	);
}

/** Of all that have these labels. */
export function sumOf(
	all: readonly Sample[],
	name: string,
	labels: Readonly<Record<string, string>>,
): number {
	return all
		.filter((sample) => sample.name === name)
		.filter((sample) => Object.entries(labels).every(([key, of]) => sample.labels[key] === of))
		.reduce((sum, { value }) => sum + value, 0);
}
