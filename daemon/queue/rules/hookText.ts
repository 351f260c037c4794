/** What a hook's command is told of the job that ended: variables of its environment, each one line. */
import type { JobState } from '../../../shared/jobTerms.ts';
import type { JobRow } from '../store/rows.ts';
import type { EndFacts } from './transitions.ts';

/** Those that change while ends are gathered. */
export const GATHERED = { count: 'SEMANTICA_HOOK_COUNT', text: 'SEMANTICA_HOOK_TEXT' } as const;

const ERROR_CHARS = 1000;
const HALF_CHARACTER = /[\ud800-\udbff]$/;
// An environment holds no NUL, and scripts read lines.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const NOT_ON_A_LINE = /[\u0000-\u001f\u007f\u2028\u2029]+/g;

/** All of them are there, empty where there is nothing to say. */
export function hookVariables(
	n: number,
	row: JobRow,
	state: JobState,
	facts: EndFacts,
): Record<string, string> {
	const title = endText(row.title);
	return {
		SEMANTICA_HOOK: String(n),
		SEMANTICA_HOOK_JOB_ID: row.id,
		SEMANTICA_HOOK_STATE: state,
		SEMANTICA_HOOK_STOP_REASON: facts.reason,
		SEMANTICA_HOOK_EXIT_CODE: String(facts.exitCode ?? ''),
		SEMANTICA_HOOK_SIGNAL: facts.signal ?? '',
		SEMANTICA_HOOK_ERROR: endText(facts.error?.message ?? '', ERROR_CHARS),
		SEMANTICA_HOOK_TITLE: title,
		SEMANTICA_HOOK_TYPE: endText(row.type),
		SEMANTICA_HOOK_QUEUE: row.queue,
		SEMANTICA_HOOK_TAG: endText(row.tag ?? ''),
		SEMANTICA_HOOK_WORKSPACE: row.workspace,
		SEMANTICA_HOOK_ORIGIN: row.origin,
		[GATHERED.text]: `${title} ${state}${detailOf(facts)}`,
		[GATHERED.count]: '1',
	};
}

/** The same, standing for one end more. */
export function gatheredOnce(variables: Readonly<Record<string, string>>): Record<string, string> {
	const count = Number(variables[GATHERED.count] ?? '1');
	const text = variables[GATHERED.text] ?? '';
	const first = text.slice(0, text.length - others(count).length);
	const next = String(count + 1);
	return { ...variables, [GATHERED.count]: next, [GATHERED.text]: first + others(count + 1) };
}

const others = (count: number) => (count === 1 ? '' : ` (and ${count - 1} more)`);

function detailOf({ reason, exitCode, signal }: EndFacts): string {
	if (reason !== 'exit' && reason !== 'signal') return `, ${reason}`;
	if (signal) return `, ${signal}`;
	return exitCode ? `, exit code ${exitCode}` : '';
}

/** On one line, of at most so many characters. */
export function endText(text: string, chars = Number.POSITIVE_INFINITY): string {
	const line = text.replaceAll(NOT_ON_A_LINE, ' ').trim();
	return line.length <= chars ? line : `${line.slice(0, chars - 1).replace(HALF_CHARACTER, '')}…`;
}
