import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactly } from '../../../shared/exactNumbers.ts';
import { jsonItems, jsonMember, jsonMembers } from '../../../shared/jsonText.ts';

const slice = (text: string, { start, end }: { start: number; end: number }) =>
	text.slice(start, end);

describe('values in JSON text', () => {
	test('stand where JSON.parse finds them, however the text is laid out', () => {
		const layout = fc.constantFrom(undefined, 1, '\t', ' \r\n ');
		fc.assert(
			fc.property(fc.array(fc.jsonValue()), layout, (values, space) => {
				const text = JSON.stringify(values, null, space);
				const items = [...jsonItems(text, 0)].map((place) => JSON.parse(slice(text, place)));
				expect(items).toEqual(JSON.parse(text));
				const object = Object.fromEntries(values.map((value, i) => [`"${i}\\`, value]));
				const written = JSON.stringify(object, null, space);
				const members = [...jsonMembers(written, 0)].map((member) => [
					member.name,
					JSON.parse(slice(written, member)),
				]);
				expect(Object.fromEntries(members)).toEqual(JSON.parse(written));
			}),
		);
	});

	test('keep their text', () => {
		const payload = '{"id":12345678901234567890, "z":-0,"2":1,"1":2, "e":"}\\"]\\\\"}';
		const text = ` {"payload": 0, "a" : [ {"x":"{\\""}] , "p\\u0061yload" :\n${payload}\n}`;
		expect(slice(text, jsonMember(text, 1, 'payload') ?? { start: 0, end: 0 })).toBe(payload);
		expect(jsonMember(text, 1, 'none')).toBeUndefined();
		expect([...jsonItems('[ ]', 0), ...jsonMembers('{ }', 0)]).toEqual([]);
	});
});

describe('numbers', () => {
	test.each([
		'{"id":12345678901234567890,"z":-0,"f":0.1000000000000000055511151231257827}',
		'[1e400,-0.0,4.9e-324,123456789012345678]',
		'{"a":[{"b":9007199254740993}],"text":"12345678901234567890"}',
	])('that a double cannot hold are written as they were read: %s', (text) => {
		expect(JSON.stringify(parseExactly(text))).toBe(text);
	});

	test('that it can hold stay numbers', () => {
		const text = '[1.50,15e-1,1E3,1000000000000000000000,0.1,5e-324,-1,0.30000000000000004]';
		expect(parseExactly(text)).toEqual(JSON.parse(text));
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				const written = JSON.stringify(value);
				expect(parseExactly(written)).toEqual(JSON.parse(written));
			}),
		);
	});
});
