/** A task with those that it depends on, as jobs of one request that wait for each other. */
import type { JobSpecInput } from '../../shared/job.ts';

export interface PlannedTask {
	/** None: the task only brings others together. */
	readonly spec: JobSpecInput | undefined;
	readonly dependsOn: readonly string[];
	readonly inSequence: boolean;
}

export type Plan =
	| { readonly jobs: JobSpecInput[] }
	| { readonly missing: string }
	| { readonly circle: string };

class Stop extends Error {
	readonly plan: Plan;
	constructor(plan: Plan) {
		super();
		this.plan = plan;
	}
}

/** @param find the task of a name; undefined where there is none */
export function planTask(name: string, find: (name: string) => PlannedTask | undefined): Plan {
	const jobs: JobSpecInput[] = [];
	const planned = new Map<string, readonly number[]>();
	const open = new Set<string>();

	/** @returns which jobs must have succeeded for the task to have. */
	function add(task: string, before: readonly number[]): readonly number[] {
		const known = planned.get(task);
		if (known !== undefined) return known;
		if (open.has(task)) throw new Stop({ circle: task });
		const found = find(task);
		if (found === undefined) throw new Stop({ missing: task });
		open.add(task);
		const needed: number[] = [];
		let earlier = before;
		for (const other of found.dependsOn) {
			const last = add(other, earlier);
			needed.push(...last);
			if (found.inSequence) earlier = last;
		}
		open.delete(task);
		const { spec } = found;
		const after = [...new Set([...before, ...needed])].map((index) => ({ index }));
		const done =
			spec === undefined ? needed : [jobs.push(after.length === 0 ? spec : { ...spec, after }) - 1];
		planned.set(task, done);
		return done;
	}

	try {
		add(name, []);
		return { jobs };
	} catch (error) {
		if (error instanceof Stop) return error.plan;
		throw error;
	}
}
