/** How fast jobs go, and what they cost. */
import { startCpuMeter } from './machine.ts';

export interface Rate {
	readonly perSecond: number;
	/** CPU time per job of this process and of the servers, µs. */
	readonly cpu: number;
}

/** Times work on `jobs` jobs; `servers` are processes whose CPU time counts too, with all below them. */
export async function rateOf(
	jobs: number,
	servers: readonly number[],
	work: () => Promise<unknown> | unknown,
): Promise<Rate> {
	const meter = startCpuMeter(servers);
	const began = performance.now();
	await work();
	const seconds = (performance.now() - began) / 1000;
	return { perSecond: jobs / seconds, cpu: meter.usedMicros() / jobs };
}

export function speeds(rates: readonly Rate[]): number[] {
	return rates.map(({ perSecond }) => perSecond);
}

export function costs(rates: readonly Rate[]): number[] {
	return rates.map(({ cpu }) => cpu);
}
