import { describe, expect, test } from 'vitest';
import { misfit, misfitOfAnswer, typedValue } from '../../../shared/answer.ts';
import { askedSchema, type QuestionField } from '../../../shared/question.ts';

const text = (more: object = {}): QuestionField => ({ type: 'string', ...more });
const whole = (more: object = {}): QuestionField => ({ type: 'integer', ...more });

describe('what was typed', () => {
	test.each([
		[{ type: 'boolean' }, 'Yes', true],
		[{ type: 'boolean' }, ' n ', false],
		[{ type: 'boolean' }, 'perhaps', 'perhaps'],
		[{ type: 'number' }, ' -1.5e3', -1500],
		[{ type: 'number' }, '', ''],
		[{ type: 'integer' }, '0x10', 16],
		[{ type: 'integer' }, '12 apples', '12 apples'],
		[{ type: 'string' }, ' 12 ', ' 12 '],
	] as const)('for %j, %j is %j', (field, typed, value) => {
		expect(typedValue(field, typed)).toBe(value);
	});
});

describe('a field', () => {
	test.each([
		[text(), 1, 'must be text'],
		[text({ enum: ['a', 'b'] }), 'c', 'must be one of: a, b'],
		[text({ minLength: 2 }), '😀', 'must have at least 2 characters'],
		[text({ maxLength: 1 }), '😀', undefined],
		[text(), '\ud800', 'must be well-formed text'],
		[whole(), 1.5, 'must be a whole number'],
		[whole(), '1', 'must be a number'],
		[whole({ minimum: 2 }), 1, 'must be at least 2'],
		[whole({ maximum: 2 }), 3, 'must be at most 2'],
		[{ type: 'number' } as const, Number.NaN, 'must be a number'],
		[{ type: 'boolean' } as const, 'true', 'must be true or false'],
	])('%j with %j: %s', (field, value, why) => {
		expect(misfit(field, value)).toBe(why);
	});
});

test('names of every object are no fields', () => {
	const schema = { type: 'object', properties: { a: text() }, required: ['a'] } as const;
	const of = (value: Record<string, unknown>) =>
		misfitOfAnswer({ ...schema, required: [...schema.required] }, value)?.path;
	expect(of({})).toBe('value.a');
	expect(of({ a: 'x', constructor: 'y' })).toBe('value.constructor');
	expect(of({ a: 'x' })).toBeUndefined();
	const asked = { id: 'x', question: '?', schema: { ...schema, required: ['toString'] } };
	expect(askedSchema.safeParse(asked).success).toBe(false);
});
