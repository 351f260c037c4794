/** An answer typed at a terminal, field by field. */
import { createInterface } from 'node:readline/promises';
import {
	type AnswerValue,
	fieldLabel,
	isRequired,
	misfit,
	typedValue,
} from '../../shared/answer.ts';
import type { Question, QuestionField } from '../../shared/question.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './errors.ts';
import { fieldHint } from './render/question.ts';
import { oneLine } from './render/text.ts';

export type AnswerFields = Record<string, AnswerValue>;

/** Asks again for what does not fit. @throws CliError when the person leaves */
export async function typedAnswer(
	{ stdin, out }: Context,
	{ schema }: Question,
): Promise<AnswerFields> {
	const lines = createInterface({ input: stdin, output: out.stream });
	const left = new Promise<never>((_, reject) => {
		const leave = () =>
			reject(new CliError('Not answered: the job goes on waiting.', EXIT.interrupted));
		lines.once('close', leave);
		lines.once('SIGINT', leave);
	});
	left.catch(() => {});
	try {
		const fields: AnswerFields = {};
		for (const [name, field] of Object.entries(schema.properties)) {
			const value = await typedField(name, field);
			if (value !== undefined) fields[name] = value;
		}
		return fields;
	} finally {
		lines.close();
	}

	async function typedField(name: string, field: QuestionField): Promise<AnswerValue | undefined> {
		const standard = field.default === undefined ? '' : ` [${oneLine(String(field.default))}]`;
		const prompt = `${oneLine(fieldLabel(name, field))} (${fieldHint(field)})${standard}: `;
		for (;;) {
			const typed = await Promise.race([lines.question(prompt), left]);
			if (typed === '' && field.default !== undefined) return field.default;
			if (typed === '' && !isRequired(schema, name)) return undefined;
			const value = typedValue(field, typed);
			const why = misfit(field, value);
			if (why === undefined) return value;
			out.say(`It ${why}.`);
		}
	}
}
