/** What a call of a tool would do, for the person who is asked about it: every word as it is. */
import { exactWord, exactWords } from '../../shared/exactText.ts';
import type { Translate } from '../jobs/text/text.ts';

/** As the editor has checked it against the schema in package.json. */
export type Input = Readonly<Record<string, unknown>>;

export interface CallText {
	/** While it goes on. */
	readonly doing: string;
	/** Undefined for what only looks. */
	readonly question?: {
		readonly title: string;
		/** What is run, written as code. */
		readonly code?: string;
		readonly facts: readonly string[];
	};
}

/** Of a command line in one line. Characters. */
const SHORT = 60;
/** What run_job allows a run where nothing else is said. Seconds. */
const TIME_LIMIT = 1800;

export function createCallText(t: Translate): (name: string, input: Input) => CallText {
	function runJob(input: Input): CallText {
		const { command, cwd, shell, title } = input;
		const code = Array.isArray(command)
			? exactWords(command.map(String))
			: exactWord(String(command));
		const short = typeof title === 'string' ? title : code;
		return {
			doing: t('Running {0}', short.length > SHORT ? `${short.slice(0, SHORT)}…` : short),
			question: {
				title: t('Run this as a job?'),
				code,
				facts: [
					t('Folder: {0}', exactWord(String(cwd))),
					...(shell === true ? [t('A line for a shell.')] : []),
					...variables(input['env']),
					t('Ended after {0} at the latest.', timeText(input['timeout_seconds'])),
					...(Number(input['retries'] ?? 0) > 0
						? [t('Run again up to {0} times when it fails.', String(input['retries']))]
						: []),
					...replaced(input),
					...conditions(input['start_when']),
					...(input['queue'] === undefined ? [] : [t('Queue: {0}', word(input['queue']))]),
				],
			},
		};
	}

	function variables(env: unknown): string[] {
		const own = Object.entries((env ?? {}) as Input).map(([name, value]) => `${name}=${value}`);
		return own.length === 0 ? [] : [t('With its own variables: {0}.', exactWords(own))];
	}

	function replaced({ subject, on_newer: newer = 'replace' }: Input): string[] {
		if (subject === undefined || newer === 'queue') return [];
		return newer === 'abort'
			? [t('Stops what runs and what waits with the subject {0}.', word(subject))]
			: [t('Takes the place of what waits with the subject {0}.', word(subject))];
	}

	function conditions(start: unknown): string[] {
		if (start === undefined) return [];
		const { mains, idle, event, not_before: time, after } = start as Input;
		return [
			...(mains === true ? [t('Waits for mains power.')] : []),
			...(idle === true ? [t('Waits until nobody uses the machine.')] : []),
			...(event === undefined ? [] : [t('Waits for the event {0}.', word(event))]),
			...(time === undefined ? [] : [t('Not before {0}.', word(time))]),
			...(Array.isArray(after) && after.length > 0
				? [t('After the jobs {0}.', exactWords(after.map(String)))]
				: []),
		];
	}

	/** Seconds, in words. */
	function timeText(given: unknown): string {
		const seconds = typeof given === 'number' ? given : TIME_LIMIT;
		if (seconds < 120) return t('{0} s', String(seconds));
		if (seconds < 7200) return t('{0} min', String(Math.round(seconds / 60)));
		return t('{0} h', String(Math.round(seconds / 360) / 10));
	}

	function cancelJob({ job_ids: ids, tag, reason }: Input): CallText {
		const which =
			tag === undefined
				? t('The jobs {0}.', exactWords(Array.isArray(ids) ? ids.map(String) : []))
				: t('All unfinished jobs with the tag {0} that it asked for.', word(tag));
		const why = reason === undefined ? [] : [t('It says why: {0}', word(reason))];
		const title = t('Stop these jobs and all their processes?');
		return { doing: t('Cancelling jobs'), question: { title, facts: [which, ...why] } };
	}

	return (name, input) => {
		switch (name) {
			case 'run_job':
				return runJob(input);
			case 'cancel_job':
				return cancelJob(input);
			case 'index_folder': {
				const facts = [t('Folder: {0}', word(input['folder']))];
				return { doing: t('Indexing'), question: { title: t('Index this folder?'), facts } };
			}
			case 'wait_job':
				return { doing: t('Waiting for jobs') };
			case 'search_code':
				return { doing: t('Searching the index for {0}', word(input['query'])) };
			case 'read_log':
				return { doing: t('Reading the output of a job') };
			default:
				return { doing: t('Looking at jobs') };
		}
	};
}

const word = (given: unknown): string => exactWord(String(given));
