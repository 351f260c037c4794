/** The whole story of one job, as a text: what it is, why it waits or how it ended, its runs, its output's end. */
import type { Run } from '../../../shared/job.ts';
import type { Result } from '../../../shared/protocol/requests.ts';
import { withoutTerminalCodes } from '../../../shared/terminalCodes.ts';
import type { JobText, Translate } from './text.ts';
import type { WaitingText } from './waitingText.ts';

export interface Story {
	readonly found: Result<'job/get'>;
	/** Its parts, of which `total` more may be. */
	readonly children: Result<'job/list'>['jobs'];
	/** The end of its log. */
	readonly tail: string;
}

/** Names stand in a column of their own. */
const COLUMN = 16;

export function createDetails(t: Translate, text: JobText, waiting: WaitingText) {
	const row = (name: string, value: string) => `${`${name}:`.padEnd(COLUMN)} ${oneLine(value)}`;

	function section(heading: string, lines: readonly string[]): string[] {
		return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)];
	}

	function runLine({ run, attempt, startedAt, endedAt, reason, exitCode, signal }: Run): string {
		const parts = [
			t('attempt {0}', attempt),
			text.time(startedAt),
			endedAt === null ? t('runs') : text.duration(endedAt - startedAt),
			// Its exit code says that it ended by itself.
			reason === null || (reason === 'exit' && exitCode !== null) ? '' : reason,
			exitCode === null ? '' : t('exit code {0}', exitCode),
			signal ?? '',
		];
		return row(t('Run {0}', run), parts.filter((part) => part !== '').join(', '));
	}

	return ({ found, children, tail }: Story): string => {
		const { job, runs, explanation } = found;
		const waits = job.state === 'queued' || job.state === 'paused' ? waiting(job, explanation) : [];
		const env = job.command?.env ?? [];
		const output = withoutTerminalCodes(tail).trimEnd();
		const more = [
			job.subject === null ? '' : row(t('Subject'), job.subject),
			job.tag === null ? '' : row(t('Tag'), job.tag),
			job.group === null ? '' : row(t('Group'), job.group),
			env.length === 0 ? '' : row(t('Variables'), env.join(', ')),
			job.parentId === null ? '' : row(t('Part of'), job.parentId),
			job.retryOf === null ? '' : row(t('Retry of'), job.retryOf),
			job.timeoutMs === null ? '' : row(t('Time limit'), text.duration(job.timeoutMs)),
			row(t('Priority'), String(job.priority)),
		].filter((line) => line !== '');
		const after = job.after.map(({ id, on, holds }) => {
			const standing = holds === null ? t('open') : holds ? t('holds') : t('cannot hold any more');
			return `${id} (${on}): ${standing}`;
		});
		return [
			oneLine(job.title),
			...section(t('Why it does not run'), waits.map(oneLine)),
			'',
			...text.facts(job, explanation.usualMs).map(([name, value]) => row(name, value)),
			...more,
			...section(t('Waits for'), after),
			...section(t('Runs'), runs.map(runLine)),
			...section(
				t('Parts'),
				children.map((child) => row(text.state(child), `${child.title} (${child.id})`)),
			),
			...section(t('The end of its output'), output === '' ? [] : output.split('\n')),
			'',
		].join('\n');
	};
}

function oneLine(value: string): string {
	return withoutTerminalCodes(value).replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}
