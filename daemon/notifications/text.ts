/** Ends of jobs in words, for the desktop. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Job } from '../../shared/job.ts';
import { isFailure } from '../../shared/jobTerms.ts';
import type { JobsEnded } from '../../shared/protocol/notify.ts';

export interface Message {
	/** One line, of words that are ours. */
	readonly summary: string;
	/** Plain text of some lines. */
	readonly body: string;
	readonly failed: boolean;
}

const TITLE_CHARS = 80;
const ERROR_CHARS = 200;
/** Of several jobs so many titles. */
const TITLES = 4;

export function messageOf({ jobs, count, failed }: JobsEnded): Message {
	const [only] = jobs;
	if (count === 1 && only !== undefined) return ofOne(only);
	const titles = jobs
		.slice(0, TITLES)
		.map((job) => `${line(job.title, TITLE_CHARS)}: ${job.state}`);
	const more = count - titles.length;
	const body = [...titles, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
	const summary =
		failed === count
			? `${count} jobs failed`
			: failed === 0
				? `${count} jobs ended`
				: `${count} jobs ended, ${failed} of them failed`;
	return { summary, body, failed: failed > 0 };
}

function ofOne(job: Job): Message {
	const why = isFailure(job.state) ? line(job.error?.message ?? '', ERROR_CHARS) : '';
	const folder = job.workspace === null ? '' : `in ${basename(fileURLToPath(job.workspace))}`;
	const body = [line(job.title, TITLE_CHARS), why, folder].filter((part) => part !== '').join('\n');
	return { summary: `Job ${job.state}`, body, failed: isFailure(job.state) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const NOT_ON_A_LINE = /[\u0000-\u001f\u007f\u2028\u2029]+/g;

function line(text: string, chars: number): string {
	const plain = text.replaceAll(NOT_ON_A_LINE, ' ').trim();
	return plain.length <= chars
		? plain
		: `${plain.slice(0, chars - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
