/** Problems that a job says itself, in a line of its output. */
import { PROBLEM_LIMITS, type Problem, saidProblemSchema } from '../../../shared/problems.ts';

/** Their names of files are as they were said. */
export type SaidProblem = Problem;

/** `::semantica error {…}`: undefined where that is none. @param json the text behind the word */
export function semanticaProblem(json: string): SaidProblem | undefined {
	const { success, data } = saidProblemSchema.safeParse(JSON.parse(json));
	if (!success) return undefined;
	const known = Object.entries(data).filter(([, value]) => value !== undefined);
	return bounded(Object.fromEntries(known) as Problem);
}

const COMMAND = /^::(error|warning|notice)(?: ([^\r\n]*?))?::(.*?)\r?\n?$/s;

/** As GitHub's runners understand it: `::error file=src/a.ts,line=3,col=5,title=No::It is wrong`. */
export function githubProblem(line: string): SaidProblem | undefined {
	const [, word, written = '', said = ''] = COMMAND.exec(line) ?? [];
	if (word === undefined) return undefined;
	const properties = new Map(
		written.split(',').flatMap((part) => {
			const [name = '', ...value] = part.split('=');
			const text = unescaped(value.join('=').trim());
			return text === '' ? [] : [[name.trim().toLowerCase(), text] as const];
		}),
	);
	const title = properties.get('title');
	const body = unescaped(said).trim();
	const message = [title, body].filter((text) => text !== undefined && text !== '').join(': ');
	if (message === '') return undefined;
	const number = (name: string) => {
		const text = properties.get(name) ?? '';
		return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
	};
	const fields = {
		severity: word === 'notice' ? 'info' : (word as 'error' | 'warning'),
		message,
		file: properties.get('file'),
		line: number('line'),
		column: number('col'),
		endLine: number('endline'),
		endColumn: number('endcolumn'),
	};
	const known = Object.entries(fields).filter(([, value]) => value !== undefined);
	return bounded(Object.fromEntries(known) as Problem);
}

/** What GitHub's commands write for what would end them. */
export function unescaped(text: string): string {
	return text
		.replace(/%0D/gi, '\r')
		.replace(/%0A/gi, '\n')
		.replace(/%3A/gi, ':')
		.replace(/%2C/gi, ',')
		.replace(/%25/g, '%');
}

function bounded(problem: Problem): Problem {
	const { code, source } = problem;
	return {
		...problem,
		message: problem.message.slice(0, PROBLEM_LIMITS.message),
		...(code === undefined ? {} : { code: code.slice(0, PROBLEM_LIMITS.word) }),
		...(source === undefined ? {} : { source: source.slice(0, PROBLEM_LIMITS.word) }),
	};
}
