import type { Command } from 'commander';
import { misfitOfAnswer, typedValue } from '../../../shared/answer.ts';
import type { DaemonConnection } from '../../../shared/client/connection.ts';
import type { Job } from '../../../shared/job.ts';
import type { Question } from '../../../shared/question.ts';
import { type AnswerFields, typedAnswer } from '../asking.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { usageError } from '../errors.ts';
import { resolveId } from '../ids.ts';
import { fieldHint, renderQuestion } from '../render/question.ts';
import { row } from '../render/show.ts';
import { shortId } from '../render/state.ts';
import { oneLine } from '../render/text.ts';
import { examples, ID_HINT, JSON_OPTION } from './help.ts';

/** So many that go on are looked at. */
const LIMIT = 200;

interface Options {
	readonly field?: string[];
	readonly json?: boolean;
}

export function addAnswerCommand(program: Command, context: Context): void {
	program
		.command('answer')
		.summary('answer what a job asks')
		.description(
			'Tells a job what it asked for; at a terminal it prompts. The first answer wins. Without an id: the jobs ' +
				'that wait for an answer.',
		)
		.argument('[id]', ID_HINT)
		.argument(
			'[value]',
			'the answer where the job asks for one thing, or all of it as a JSON object',
		)
		.option('-f, --field <name=value...>', 'the answer to one field')
		.option(...JSON_OPTION)
		.addHelpText(
			'after',
			examples(
				['semantica answer', 'what is asked just now'],
				['semantica answer 1a2b3c4d', 'look at the question, and answer it'],
				['semantica answer 1a2b3c4d yes', 'where a yes or no is wanted'],
				['semantica answer 1a2b3c4d -f version=2.1 -f publish=no', 'several fields'],
			),
		)
		.action((id: string | undefined, value: string | undefined, options: Options) =>
			using(connectToRunning(context.daemon), (connection) =>
				id === undefined
					? listAsking(context, connection, options)
					: answer(context, connection, id, value, options),
			),
		);
}

export async function asking(connection: Pick<DaemonConnection, 'request'>): Promise<Job[]> {
	const { jobs } = await connection.request('job/list', {
		filter: { state: ['running', 'paused'] },
		limit: LIMIT,
	});
	// One of an older daemon does not tell.
	return jobs.filter(({ question }) => question != null);
}

async function listAsking(
	{ out }: Context,
	connection: DaemonConnection,
	{ json }: Options,
): Promise<void> {
	const jobs = await asking(connection);
	if (json) {
		out.json({ jobs });
		return;
	}
	if (jobs.length === 0) out.say('No job waits for an answer.');
	for (const { id, title, question } of jobs) {
		if (question === null) continue;
		const view = out.view();
		const heading = [...row('id', shortId(id), view), ...row('job', oneLine(title), view)];
		out.lines([...heading, ...renderQuestion(question, view), '']);
	}
}

async function answer(
	context: Context,
	connection: DaemonConnection,
	given: string,
	value: string | undefined,
	options: Options,
): Promise<void> {
	const { out, stdin } = context;
	const id = await resolveId(connection, given);
	const { job } = await connection.request('job/get', { id });
	const { question } = job;
	if (question == null) throw usageError(`Job ${shortId(id)} asks nothing.`);
	let fields = givenFields(question, value, options.field ?? []);
	if (fields === undefined) {
		if (stdin.isTTY !== true || !out.terminal) throw unanswered(id, question);
		out.lines(['', ...row('job', oneLine(job.title), out.view())]);
		out.lines([...renderQuestion(question, out.view()), '']);
		fields = await typedAnswer(context, question);
	} else {
		const misfit = misfitOfAnswer(question.schema, fields);
		if (misfit !== undefined) throw usageError(misfit.message);
	}
	const asked = { id, question: question.id, value: fields };
	const answered = await connection.request('job/answer', asked);
	if (options.json) out.json(answered);
	else out.say(`Answered. To watch it: semantica logs -f ${shortId(id)}`);
}

/** Undefined where nothing was given. */
function givenFields(
	{ schema }: Question,
	value: string | undefined,
	assignments: readonly string[],
): AnswerFields | undefined {
	const names = Object.keys(schema.properties);
	const [only, ...more] = names;
	const fields: AnswerFields = {};
	if (value?.trimStart().startsWith('{')) Object.assign(fields, parsed(value));
	else if (value !== undefined) {
		if (only === undefined || more.length > 0) {
			throw usageError(`It asks for ${names.join(', ')}: say each with --field NAME=VALUE.`);
		}
		assign(only, value);
	}
	for (const assignment of assignments) {
		const equals = assignment.indexOf('=');
		if (equals < 1) throw usageError(`--field ${assignment}: write --field NAME=VALUE.`);
		assign(assignment.slice(0, equals), assignment.slice(equals + 1));
	}
	return value === undefined && assignments.length === 0 ? undefined : fields;

	function assign(name: string, typed: string): void {
		const field = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
		// The check that follows says what it asks for.
		fields[name] = field === undefined ? typed : typedValue(field, typed);
	}
}

function parsed(text: string): AnswerFields {
	try {
		return JSON.parse(text) as AnswerFields;
	} catch {
		throw usageError('The answer begins as a JSON object, but is none.');
	}
}

function unanswered(id: string, { question, schema }: Question): Error {
	const hints = Object.entries(schema.properties).map(
		([name, field]) => `  --field ${name}=…  ${fieldHint(field)}`,
	);
	return usageError(
		[`It asks: ${oneLine(question)}`, `Say: semantica answer ${shortId(id)}`, ...hints].join('\n'),
	);
}
