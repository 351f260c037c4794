/** Environments of terminals that a person took for the jobs of a folder, kept in the workspace's own memory. */
import type { Variables } from './variables.ts';

export interface KeptEnvironment {
	readonly takenAt: number;
	readonly variables: Variables;
}

export interface EnvironmentMemory {
	get<T>(key: string, fallback: T): T;
	update(key: string, value: unknown): PromiseLike<void>;
}

export interface KeptEnvironments {
	of(folder: string): KeptEnvironment | undefined;
	/** Undefined: none any more. */
	keep(folder: string, environment: KeptEnvironment | undefined): Promise<void>;
}

const KEY = 'environments';

/** @param folder as a URI, in all of it. */
export function createKeptEnvironments(memory: EnvironmentMemory): KeptEnvironments {
	const all = () => memory.get<Readonly<Record<string, unknown>>>(KEY, {});
	return {
		of(folder) {
			const one = all()[folder];
			if (typeof one !== 'object' || one === null) return undefined;
			// Written by this version or another.
			const { takenAt, variables } = one as Partial<KeptEnvironment>;
			if (typeof takenAt !== 'number' || typeof variables !== 'object' || variables === null)
				return undefined;
			const texts = Object.entries(variables).filter(([, value]) => typeof value === 'string');
			return { takenAt, variables: Object.fromEntries(texts) };
		},
		async keep(folder, environment) {
			const { [folder]: _, ...others } = all();
			await memory.update(
				KEY,
				environment === undefined ? others : { ...others, [folder]: environment },
			);
		},
	};
}
