/** How large the packages are, beside what was recorded: one that grew by more than a fifth fails. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'sizes.json');
const ALLOWED = 1.2;

export const recordedSizes = () => JSON.parse(readFileSync(FILE, 'utf8'));

export function recordSizes(sizes) {
	const all = { ...recordedSizes(), ...sizes };
	writeFileSync(FILE, `${JSON.stringify(all, null, '\t')}\n`);
}

/** @returns a line for each package, and a sentence for each that is too large or was never recorded. */
export function compareSizes(sizes, recorded) {
	const lines = [];
	const problems = [];
	for (const [target, size] of Object.entries(sizes)) {
		const before = recorded[target];
		const percent = before === undefined ? undefined : Math.round((size / before - 1) * 100);
		const change = percent === undefined ? 'new' : `${percent < 0 ? '' : '+'}${percent} %`;
		lines.push(`${target.padEnd(14)}${megabytes(size).padStart(10)}  ${change}`);
		if (before === undefined) problems.push(`No size is recorded for ${target}.`);
		else if (size > before * ALLOWED) {
			problems.push(
				`The package for ${target} grew from ${megabytes(before)} to ${megabytes(size)}, by more than a fifth.`,
			);
		}
	}
	return { lines, problems };
}

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
