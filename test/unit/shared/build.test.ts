import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BuildStamp, buildName, compareBuilds } from '../../../shared/build.ts';

const build = (version: string, builtAt = 0, buildId = `${version}-${builtAt}`): BuildStamp => ({
	version,
	builtAt,
	buildId,
});

describe('the order of builds', () => {
	it('is that of their versions, then of when they were built', () => {
		const inOrder = [
			build('0.1.0', 9),
			build('0.9.0', 5),
			build('0.10.0-rc.1', 8),
			build('0.10.0-rc.2', 7),
			build('0.10.0', 6),
			build('0.10.0', 7),
			build('1.0.0+linux', 1),
		];
		const shuffled = [...inOrder].reverse();
		expect(shuffled.sort(compareBuilds)).toEqual(inOrder);
	});

	it('takes builds of one content for the same, whenever they were made', () => {
		expect(compareBuilds(build('1.0.0', 1, 'x'), build('1.0.0', 2, 'x'))).toBe(0);
	});

	it('never has two builds replace each other, nor three in a circle', () => {
		const part = fc.integer({ min: 0, max: 12 });
		const stamp = fc
			.record({
				core: fc.tuple(part, part, part).map((parts) => parts.join('.')),
				preview: fc.constantFrom('', '-alpha', '-rc.1', '-rc.10'),
				builtAt: fc.integer({ min: 0, max: 3 }),
				hash: fc.constantFrom('a', 'b', 'c'),
			})
			.map(({ core, preview, builtAt, hash }) =>
				// What has one content was built at one time, as far as the copies under bin/ go.
				build(`${core}${preview}`, builtAt, `${core}${preview}-${hash}${builtAt}`),
			);
		fc.assert(
			fc.property(stamp, stamp, stamp, (a, b, c) => {
				expect(Math.sign(compareBuilds(a, b))).toBe(-Math.sign(compareBuilds(b, a)) + 0);
				if (compareBuilds(a, b) > 0 && compareBuilds(b, c) > 0) {
					expect(compareBuilds(a, c)).toBeGreaterThan(0);
				}
			}),
		);
	});

	it('names a build by its version, and by its hash beside another of that version', () => {
		expect(buildName(build('1.0.0', 1), build('1.1.0', 1))).toBe('1.0.0');
		expect(buildName(build('1.0.0', 1), build('1.0.0', 2))).toBe('1.0.0-1');
	});
});
