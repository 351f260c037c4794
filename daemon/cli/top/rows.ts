/** Which jobs are listed, in which order. Pure. */
import type { Job } from '../../../shared/job.ts';
import { isFinished, type JobState } from '../../../shared/jobTerms.ts';
import type { ParamsInput } from '../../../shared/protocol/requests.ts';
import { runTime } from '../render/outcome.ts';
import { stateWord } from '../render/state.ts';
import type { TopModel } from './model.ts';

export const SORTS = ['state', 'time', 'queue', 'priority', 'title'] as const;
export type Sort = (typeof SORTS)[number];

export interface Choice {
	readonly sort: Sort;
	/** Words that all must be found; `queue:NAME`, `state:`, `type:`, `tag:` and `group:` mean that alone. */
	readonly filter: string;
	/** Those that have ended too. */
	readonly ended: boolean;
}

/** What a person wants to see first. */
const RANK: Readonly<Record<JobState, number>> = {
	running: 0,
	paused: 1,
	queued: 2,
	failed: 3,
	succeeded: 3,
	cancelled: 3,
	superseded: 3,
	expired: 3,
};

export function listedJobs(
	{ jobs, waiting }: TopModel,
	{ sort, filter, ended }: Choice,
	now: number,
): Job[] {
	const words = wordsOf(filter);
	// By their place: of those that are sorted alike the daemon's order holds.
	return [...jobs.values()]
		.sort((a, b) => order(a) - order(b))
		.concat(waiting)
		.filter((job) => ended || !isFinished(job.state))
		.filter((job) => words.every((word) => matches(job, word, now)))
		.sort((a, b) => compare(a, b, sort, now));
}

/** The newest end first; of those that go on the one that began first. */
const order = (job: Job): number => (job.finishedAt === null ? job.generation : -job.finishedAt);

function compare(a: Job, b: Job, sort: Sort, now: number): number {
	switch (sort) {
		case 'time':
			return timeOf(b, now) - timeOf(a, now);
		case 'queue':
			return a.queue.localeCompare(b.queue) || RANK[a.state] - RANK[b.state];
		case 'priority':
			return b.priority - a.priority || RANK[a.state] - RANK[b.state];
		case 'title':
			return a.title.localeCompare(b.title);
		default:
			return RANK[a.state] - RANK[b.state];
	}
}

/** How long it runs or ran; of one that waits, how long it has waited. */
export function timeOf(job: Job, now: number): number {
	if (job.state === 'queued') return now - job.createdAt;
	return runTime(job, now) ?? 0;
}

/** As `list --text` looks for words: in title, type, tag and subject. */
function matches(job: Job, word: string, now: number): boolean {
	const field = fieldOf(word);
	if (field?.name === 'state') {
		return [job.state, stateWord(job, now)].some((one) => one.startsWith(field.value));
	}
	if (field !== undefined) return job[field.name] === field.value;
	const text = [job.title, job.type, job.tag ?? '', job.subject ?? ''].join('\n');
	return text.toLowerCase().includes(word.toLowerCase());
}

/** What the daemon is asked for of those that wait: of thousands it must choose itself. */
export function waitingFilter(filter: string): ParamsInput<'job/list'>['filter'] {
	const wanted: ParamsInput<'job/list'>['filter'] = { state: ['queued'] };
	for (const word of wordsOf(filter)) {
		const field = fieldOf(word);
		if (field === undefined) wanted.text ??= word;
		else if (field.name === 'queue' || field.name === 'type') wanted[field.name] = [field.value];
		else if (field.name !== 'state') wanted[field.name] = field.value;
	}
	return wanted;
}

const wordsOf = (filter: string): string[] => filter.split(/\s+/).filter(Boolean);

const FIELDS = ['queue', 'state', 'type', 'tag', 'group'] as const;

function fieldOf(word: string): { name: (typeof FIELDS)[number]; value: string } | undefined {
	const [, given, value = ''] = /^(\w+):(.+)$/.exec(word) ?? [];
	const name = FIELDS.find((one) => one === given);
	return name === undefined ? undefined : { name, value };
}
