/** Names by which the jobs of a file say for which of them they wait. */
import { jsonItems, jsonMember, skipSpace } from '../../../shared/jsonText.ts';
import { usageError } from '../errors.ts';
import { oneLine } from '../render/text.ts';
import type { ReadJob } from './jobsFile.ts';

/** So many are named where one is not found. */
const NAMED = 8;

/**
 * The same jobs without names: `"after": ["build", {"name": "lint", "on": "ended"}]` counts instead, and a job without
 * a title of its own is called as it is named.
 * @throws CliError (usage) with the line
 */
export function withoutNames(jobs: readonly ReadJob[]): ReadJob[] {
	const places = placesOf(jobs);
	return jobs.map((job, own) => {
		const { name, ...spec } = job.spec;
		const titled = name === undefined ? spec : { title: name, ...spec };
		const { after } = spec;
		if (!Array.isArray(after)) return { ...job, spec: titled };
		const counted = after.map((one: unknown, n) => {
			const wanted = namedBy(one);
			if (wanted === undefined) return one;
			const index = indexOf(wanted.name, own, places, jobs, () => lineOfCondition(job, n));
			return { ...wanted.more, index };
		});
		return { ...job, spec: { ...titled, after: counted } };
	});
}

function placesOf(jobs: readonly ReadJob[]): ReadonlyMap<string, number> {
	const places = new Map<string, number>();
	for (const [index, { spec, line }] of jobs.entries()) {
		const { name } = spec;
		if (name === undefined) continue;
		if (typeof name !== 'string' || name === '') {
			throw usageError(`Line ${line}: the name of a job is a text that is not empty.`);
		}
		const first = places.get(name);
		if (first !== undefined) {
			throw usageError(
				`Line ${line}: a job before it is named ${shown(name)} too, on line ${jobs[first]?.line}.`,
			);
		}
		places.set(name, index);
	}
	return places;
}

/** `"build"`, or `{"name": "build", …}`. */
function namedBy(condition: unknown): { name: string; more: object } | undefined {
	if (typeof condition === 'string') return { name: condition, more: {} };
	if (typeof condition !== 'object' || condition === null) return undefined;
	const { name, ...more } = condition as Record<string, unknown>;
	return typeof name === 'string' ? { name, more } : undefined;
}

function indexOf(
	name: string,
	own: number,
	places: ReadonlyMap<string, number>,
	jobs: readonly ReadJob[],
	line: () => number,
): number {
	const index = places.get(name);
	if (index === undefined) {
		const before = [...places].filter(([, at]) => at < own).map(([known]) => shown(known));
		const more = before.length > NAMED ? `, and ${before.length - NAMED} more` : '';
		const known =
			before.length === 0
				? 'no job before it has a name'
				: `before it stand ${before.slice(-NAMED).join(', ')}${more}`;
		throw usageError(`Line ${line()}: no job of the file is named ${shown(name)}; ${known}.`);
	}
	if (index < own) return index;
	const where =
		index === own ? 'which is this job itself' : `which stands later, on line ${jobs[index]?.line}`;
	throw usageError(
		`Line ${line()}: it waits for ${shown(name)}, ${where}. A job waits only for jobs before it, so that none waits ` +
			'for itself: put that one first.',
	);
}

const shown = (name: string): string => `"${oneLine(name)}"`;

function lineOfCondition({ text, line }: ReadJob, n: number): number {
	const after = jsonMember(text, skipSpace(text, 0), 'after');
	const item = after === undefined ? undefined : [...jsonItems(text, after.start)][n];
	return line + text.slice(0, item?.start ?? 0).split('\n').length - 1;
}
