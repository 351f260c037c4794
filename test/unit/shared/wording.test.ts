import { describe, expect, it } from 'vitest';
import { jobSpecSchema } from '../../../shared/job.ts';

describe('what a schema refuses', () => {
	it.each([
		[{ priority: 101 }, 'must be at most 100'],
		[{ priority: -101 }, 'must be at least -100'],
		[{ graceMs: 70_000 }, 'must be at most 60,000'],
		[{ ttlMs: 0 }, 'must be more than 0'],
		[{ title: 'x'.repeat(201) }, 'must be at most 200 characters long'],
		[{ title: '' }, 'must not be empty'],
		[{ retryOn: Array(257).fill(1) }, 'must be at most 256 entries long'],
		[{ queue: '' }, 'must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -'],
	])('%#: a bound is said in words', (fields, words) => {
		const parsed = jobSpecSchema.safeParse({ type: 'command', ...fields });
		expect(parsed.error?.issues[0]?.message).toBe(words);
	});
});
