import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMasks, secretsOf } from '../../../daemon/processes/masks.ts';

function shown(secrets: readonly string[], ...chunks: (Buffer | string)[]): string {
	const stream = createMasks(secrets).stream();
	const parts = chunks.map((chunk) => stream.push(Buffer.from(chunk)));
	return Buffer.concat([...parts, stream.end()]).toString();
}

describe('a secret', () => {
	test('is not shown, whole or in pieces, at the end or again and again', () => {
		expect(shown(['hunter22'], 'it is hunter22, hunter22\nand hunter2')).toBe(
			'it is ***, ***\nand hunter2',
		);
		expect(shown(['hunter22'], 'it is hun', 'ter', '22')).toBe('it is ***');
		expect(shown(['hunter22'], 'hunhunter', '22hunter2')).toBe('hun***hunter2');
	});

	test('that begins as another one is masked as the longer', () => {
		expect(shown(['abcdef', 'abcdefgh'], 'abcdef', 'gh abcdef', 'gx')).toBe('*** ***gx');
	});

	test('of several lines is masked line by line, and as JSON writes it', () => {
		const key = 'first line\nsecond line';
		expect(shown([key], 'a second line b\n')).toBe('a *** b\n');
		expect(shown([key], JSON.stringify({ key }))).toBe('{"key":"***"}');
		expect(shown(['say "sesame"'], JSON.stringify('say "sesame"'))).toBe('"***"');
	});

	test('of less than six bytes is in too many words', () => {
		expect(shown(['12345', 'äöü'], '12345 äöü')).toBe('12345 ***');
	});

	test('may be of any characters, patterns among them', () => {
		for (const secret of ['a.*b+c?', '(((((((', '[^x]{2}\\', 'größe-ü', '|||||||', '--BEGIN--']) {
			expect(shown([secret], `<${secret}>`), secret).toBe('<***>');
		}
	});

	test('is masked wherever the stream is cut, and nothing else is changed', () => {
		const secret = fc.string({ minLength: 6, maxLength: 12, unit: fc.constantFrom('a', 'b', 'c') });
		const text = fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b', 'c') });
		fc.assert(
			fc.property(secret, text, text, fc.array(fc.nat(140)), (one, before, after, cuts) => {
				const whole = before + one + after;
				const points = [0, ...cuts.filter((at) => at < whole.length).sort((a, b) => a - b)];
				const chunks = points.map((at, n) => whole.slice(at, points[n + 1]));
				expect(shown([one], ...chunks)).toBe(whole.replaceAll(one, '***'));
			}),
		);
	});
});

describe('a message', () => {
	test('is masked, and JSON stays JSON', () => {
		const masks = createMasks(['hunter22', '123456']);
		expect(masks.text('with hunter22 — ü')).toBe('with *** — ü');
		expect(masks.json('{"a":"hunter22","b":1}')).toBe('{"a":"***","b":1}');
		expect(masks.json('{"a":123456}')).toBe('"***"');
	});

	test('and the streams know what became secret meanwhile', () => {
		const masks = createMasks([]);
		const stream = masks.stream();
		const before = stream.push(Buffer.from('hunter22 '));
		masks.add('hunter22');
		const after = stream.push(Buffer.from('hunter22'));
		expect(Buffer.concat([before, after, stream.end()]).toString()).toBe('hunter22 ***');
		expect(masks.text('hunter22')).toBe('***');
	});
});

test('names of variables tell which values are secret', () => {
	const names = (list: string[]) =>
		secretsOf(Object.fromEntries(list.map((name) => [name, name]))).sort();
	const secret = [
		'AWS_SECRET_ACCESS_KEY',
		'DB_PASSWORD',
		'NPM_TOKEN',
		'apiKey',
		'API_KEY',
		'GH_PAT',
	];
	expect(names([...secret, 'PATH', 'PWD', 'KEYBOARD', 'COMPAT', 'SSH_AUTH_SOCK'])).toEqual(
		[...secret].sort(),
	);
});
