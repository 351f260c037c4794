/** Answers to what a job asks, without the schemas' library: whoever types one is told at once whether it fits. */
import type { Asked, QuestionField } from './question.ts';

export type AnswerValue = string | number | boolean;

/** Why a value does not fit, as the rest of a sentence that begins with its name; undefined when it does. */
export function misfit(field: QuestionField, value: unknown): string | undefined {
	switch (field.type) {
		case 'boolean':
			return typeof value === 'boolean' ? undefined : 'must be true or false';
		case 'string':
			return typeof value === 'string' ? misfitOfText(field, value) : 'must be text';
		default: {
			if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
			if (field.type === 'integer' && !Number.isSafeInteger(value)) return 'must be a whole number';
			const { minimum, maximum } = field;
			if (minimum !== undefined && value < minimum) return `must be at least ${minimum}`;
			if (maximum !== undefined && value > maximum) return `must be at most ${maximum}`;
			return undefined;
		}
	}
}

function misfitOfText(
	field: Extract<QuestionField, { type: 'string' }>,
	value: string,
): string | undefined {
	if (!value.isWellFormed()) return 'must be well-formed text';
	if (field.enum !== undefined && !field.enum.includes(value)) {
		return `must be one of: ${field.enum.join(', ')}`;
	}
	const { minLength, maxLength } = field;
	const characters = [...value].length;
	if (minLength !== undefined && characters < minLength) {
		return `must have at least ${minLength} characters`;
	}
	if (maxLength !== undefined && characters > maxLength) {
		return `must have at most ${maxLength} characters`;
	}
	return undefined;
}

export interface Misfit {
	/** As in `value.version`. */
	readonly path: string;
	/** A sentence. */
	readonly message: string;
}

/** The first thing that keeps it from being an answer. */
export function misfitOfAnswer(
	{ properties, required = [] }: Asked['schema'],
	value: Readonly<Record<string, unknown>>,
): Misfit | undefined {
	for (const name of required) {
		if (!Object.hasOwn(value, name)) {
			return { path: `value.${name}`, message: `The answer needs "${name}".` };
		}
	}
	for (const [name, given] of Object.entries(value)) {
		const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
		if (field === undefined) {
			const known = Object.keys(properties).join(', ');
			return { path: `value.${name}`, message: `It asks for no "${name}", only for: ${known}.` };
		}
		const why = misfit(field, given);
		if (why !== undefined) return { path: `value.${name}`, message: `"${name}" ${why}.` };
	}
	return undefined;
}

const YES = /^(y|yes|true|1)$/i;
const NO = /^(n|no|false|0)$/i;

/** What was typed, as the field wants it; what cannot be read stays text, which then does not fit. */
export function typedValue(field: QuestionField, typed: string): AnswerValue {
	if (field.type === 'string') return typed;
	const text = typed.trim();
	if (field.type === 'boolean') return YES.test(text) ? true : NO.test(text) ? false : typed;
	const number = Number(text);
	return text === '' || Number.isNaN(number) ? typed : number;
}

/** What it is called before people. */
export const fieldLabel = (name: string, { title }: QuestionField): string => title ?? name;

export const isRequired = ({ required = [] }: Asked['schema'], name: string): boolean =>
	required.includes(name);
