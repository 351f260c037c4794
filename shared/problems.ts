/** Errors and warnings that jobs report, as data; and how they are found in what programs print (docs/design.md section 6). */
import * as z from 'zod';
import { BUILT_IN_MATCHERS } from './problemTerms.ts';
import { boundText } from './wording.ts';

z.config({ customError: boundText });

export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const PROBLEM_LIMITS = {
	/** Kept with a job. Errors first: others are at most half of it. */
	kept: 500,
	keptBytes: 256 * 1024,
	/** Told with the job itself. */
	first: 5,
	message: 1000,
	/** Of those told with the job itself. */
	firstMessage: 300,
	file: 4096,
	/** Of a code, of a source. */
	word: 200,
	matchers: 10,
	/** Lines of one problem. */
	patterns: 10,
	regexp: 1000,
} as const;

/** Lines and columns are counted from 1; what is not known is left out. */
export const problemSchema = z.object({
	severity: z.enum(SEVERITIES),
	message: z.string(),
	/** Absolute, as the machine of the daemon names it. */
	file: z.string().optional(),
	line: z.int().optional(),
	column: z.int().optional(),
	endLine: z.int().optional(),
	endColumn: z.int().optional(),
	code: z.string().optional(),
	/** The program that says so. */
	source: z.string().optional(),
});
export type Problem = z.output<typeof problemSchema>;

const count = z.int().min(0);
/** Of a run, all that were seen, kept or not. */
export const problemCountsSchema = z.object({ errors: count, warnings: count, infos: count });
export type ProblemCounts = z.output<typeof problemCountsSchema>;

export const problemSummarySchema = problemCountsSchema.extend({
	/** Errors before others. */
	first: z.array(problemSchema),
});
export type ProblemSummary = z.output<typeof problemSummarySchema>;

const place = z.int().min(1).max(1_000_000_000);
/** What a job prints after `::semantica error `. */
export const saidProblemSchema = z.strictObject({
	message: z.string().min(1),
	severity: z.enum(SEVERITIES).default('error'),
	file: z.string().min(1).max(PROBLEM_LIMITS.file).optional(),
	line: place.optional(),
	column: place.optional(),
	endLine: place.optional(),
	endColumn: place.optional(),
	code: z.string().optional(),
	source: z.string().optional(),
});

const builtInSchema = z.enum(BUILT_IN_MATCHERS, `must be one of ${BUILT_IN_MATCHERS.join(', ')}`);

const group = z.int().min(0).max(100);
const patternSchema = z.strictObject({
	regexp: z.string().min(1).max(PROBLEM_LIMITS.regexp),
	kind: z.enum(['location', 'file']).optional(),
	file: group.optional(),
	/** A group that holds `line`, `line,column` or `line,column,endLine,endColumn`. */
	location: group.optional(),
	line: group.optional(),
	column: group.optional(),
	endLine: group.optional(),
	endColumn: group.optional(),
	severity: group.optional(),
	code: group.optional(),
	message: group.optional(),
	loop: z.boolean().optional(),
});
export type MatcherPattern = z.output<typeof patternSchema>;

const LOCATIONS = ['absolute', 'relative', 'autoDetect', 'autodetect'] as const;
const fileLocationSchema = z.union(
	[
		z.enum(LOCATIONS),
		z.tuple([z.enum(LOCATIONS)]),
		z.tuple([z.enum(LOCATIONS), z.string().min(1).max(PROBLEM_LIMITS.file)]),
	],
	'must be "absolute", "relative" or "autoDetect", or one of them with a folder; files are not searched for',
);

/** It was there: more of it is not kept. */
const left = z.unknown().transform((): true => true);

/** As tasks.json has them; what is about running tasks (`background`, `applyTo`) is taken and has no meaning. */
const customMatcherSchema = z
	.strictObject({
		base: builtInSchema.optional(),
		name: z.string().max(200).optional(),
		label: z.string().max(200).optional(),
		owner: z.string().max(200).optional(),
		source: z.string().max(PROBLEM_LIMITS.word).optional(),
		severity: z.enum(SEVERITIES).optional(),
		fileLocation: fileLocationSchema.optional(),
		pattern: z
			.union([
				builtInSchema,
				patternSchema,
				z.array(patternSchema).min(1).max(PROBLEM_LIMITS.patterns),
			])
			.optional(),
		applyTo: z.string().max(200).optional(),
		background: left.optional(),
		watching: left.optional(),
	})
	.refine(({ base, pattern }) => base !== undefined || pattern !== undefined, {
		path: ['pattern'],
		error: 'is missing: say which lines are meant, or "base", a matcher that it changes',
	})
	.refine(
		({ pattern }) => !Array.isArray(pattern) || pattern.slice(0, -1).every(({ loop }) => !loop),
		{ path: ['pattern'], error: 'may loop in its last line only' },
	);
export type CustomMatcher = z.output<typeof customMatcherSchema>;

export const matcherSchema = z.union([builtInSchema, customMatcherSchema]);
export type Matcher = z.output<typeof matcherSchema>;
