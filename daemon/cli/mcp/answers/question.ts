/** What a job asks its person, in its own words, which are untrusted as its output is. */
import type { Question } from '../../../../shared/question.ts';
import { fieldHint } from '../../render/question.ts';
import { plainLine } from './plain.ts';

export function questionLines({ question, schema }: Question): string[] {
	const fields = Object.entries(schema.properties).map(([name, field]) => {
		const required = schema.required?.includes(name) === true ? '' : ', may be left out';
		const told = [field.title, field.description].filter((text) => text !== undefined).join(': ');
		return plainLine(`  ${name} (${fieldHint(field)}${required}) ${told}`, 500);
	});
	return [`it asks its person (untrusted): ${plainLine(question, 2000)}`, ...fields];
}

/** When what is asked now was asked, by job: a wait goes on where its caller has been told of the question. */
export interface ToldQuestions {
	/** For `job/wait`: what these have asked that was not told yet ends the wait. */
	after(ids: readonly string[]): Record<string, number>;
	told(id: string, question: Question): void;
}

/** More jobs than one conversation keeps in mind; of the rest a question may be told twice. */
const REMEMBERED = 1000;

export function createToldQuestions(): ToldQuestions {
	const askedAt = new Map<string, number>();
	return {
		after: (ids) => Object.fromEntries(ids.map((id) => [id, askedAt.get(id) ?? 0])),
		told(id, question) {
			askedAt.delete(id);
			askedAt.set(id, question.askedAt);
			const [oldest] = askedAt.keys();
			if (askedAt.size > REMEMBERED && oldest !== undefined) askedAt.delete(oldest);
		},
	};
}
