/** What a job asks, for people. What it says of itself is shown as text, whatever it holds. */
import type { Question, QuestionField } from '../../../shared/question.ts';
import { row } from './show.ts';
import type { View } from './style.ts';
import { oneLine } from './text.ts';

export function renderQuestion({ question, schema }: Question, view: View): string[] {
	return [
		...question.split('\n').flatMap((line, at) => row(at === 0 ? 'asks' : '', oneLine(line), view)),
		...Object.entries(schema.properties).flatMap(([name, field]) =>
			row(name, fieldText(field, schema.required?.includes(name) === true), view),
		),
	];
}

function fieldText(field: QuestionField, required: boolean): string {
	const { title, description } = field;
	const words = [title, description].filter((text) => text !== undefined).map(oneLine);
	return [...words, `(${fieldHint(field)}${required ? '' : ', may be left out'})`].join(' ');
}

/** What may be written into it. */
export function fieldHint(field: QuestionField): string {
	switch (field.type) {
		case 'boolean':
			return 'yes or no';
		case 'string':
			return field.enum === undefined ? 'text' : `one of ${field.enum.map(oneLine).join(', ')}`;
		default: {
			const kind = field.type === 'integer' ? 'a whole number' : 'a number';
			const { minimum, maximum } = field;
			const from = minimum === undefined ? '' : ` from ${minimum}`;
			return `${kind}${from}${maximum === undefined ? '' : ` up to ${maximum}`}`;
		}
	}
}
