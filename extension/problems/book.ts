/** Which errors stand where: each run takes the place of the earlier ones of the same work. */
import type { Job } from '../../shared/job.ts';
import type { Problem } from '../../shared/problems.ts';

/** Work whose runs took each other's place; more of it is forgotten, what was found longest ago first. */
const MOST_WORK = 1000;

/** By which of two runs the later one is known. */
export interface RunTimes extends Pick<Job, 'createdAt' | 'generation'> {
	readonly finishedAt: number;
}

interface Entry extends RunTimes {
	readonly job: string;
	readonly files: ReadonlyMap<string, readonly Problem[]>;
}

/** What a job does: a run of the same, later, knows better. */
export function workOf(
	job: Pick<Job, 'id' | 'type' | 'subject' | 'command' | 'workspace'>,
): string {
	const { type, subject, command, workspace } = job;
	if (subject !== null) return JSON.stringify([type, subject]);
	if (command === null) return job.id;
	return JSON.stringify([command.command, command.args, command.shell, command.cwd ?? workspace]);
}

export class ProblemBook {
	readonly #entries = new Map<string, Entry>();

	/** Whether nothing later is known of this work. */
	isNews(work: string, { finishedAt, createdAt, generation }: RunTimes): boolean {
		const known = this.#entries.get(work);
		if (known === undefined || known.finishedAt < finishedAt) return true;
		// A younger job that is as if it had been asked for earlier: the clock was set back between the two.
		return known.generation < generation && known.createdAt > createdAt;
	}

	/** The files for which there is something else to show now. */
	put(work: string, entry: Entry): Set<string> {
		const before = this.#entries.get(work);
		this.#entries.delete(work);
		this.#entries.set(work, entry);
		const changed = new Set([...(before?.files.keys() ?? []), ...entry.files.keys()]);
		const [oldest] = this.#entries.keys();
		if (this.#entries.size > MOST_WORK && oldest !== undefined) {
			for (const file of this.#entries.get(oldest)?.files.keys() ?? []) changed.add(file);
			this.#entries.delete(oldest);
		}
		return changed;
	}

	/** The job is not kept any more, and with it goes what it reported. */
	remove(job: string): Set<string> {
		for (const [work, entry] of this.#entries) {
			if (entry.job !== job) continue;
			this.#entries.set(work, { ...entry, files: new Map() });
			return new Set(entry.files.keys());
		}
		return new Set();
	}

	of(file: string): Problem[] {
		return [...this.#entries.values()].flatMap(({ files }) => [...(files.get(file) ?? [])]);
	}
}
