/** Requests about what was indexed (docs/design.md section 7). */
import * as z from 'zod';
import { meaningStatusSchema } from './meaning.ts';

export const hitSchema = z.object({
	/** Folder URI of the index the hit is from. */
	workspace: z.string(),
	/** Relative to the workspace, with forward slashes. */
	path: z.string(),
	/** 1-based. */
	line: z.int(),
	/** 1-based, in UTF-16 units. */
	column: z.int(),
	/** Behind the match on that line; absent where the line as a whole is meant. */
	endColumn: z.int().optional(),
	/** How it was found: as text that stands there, by a pattern, by words, as a name that is defined there, or by what it means alone. */
	kind: z.enum(['text', 'regex', 'words', 'symbol', 'meaning']).optional(),
	/** Of a name that is defined there, what it is, as in `symbolKinds`; and what it is a part of. */
	symbol: z
		.object({ name: z.string(), kind: z.string(), container: z.string().optional() })
		.optional(),
	snippet: z.string(),
	/** Why nothing but the file's name was found, as in `skipped` of its index; the snippet says so in a sentence. */
	skipped: z.string().optional(),
	/** Where in the snippet the match begins, UTF-16 units; with `endColumn`. */
	matchAt: z.int().optional(),
	/** The lines around it, long ones cut; only where `contextLines` was asked for. */
	before: z.array(z.string()).optional(),
	after: z.array(z.string()).optional(),
	/** Higher is better; comparable within one answer only. */
	score: z.number(),
});
export type Hit = z.output<typeof hitSchema>;

/** gitignore-style, on top of the folder's own. */
const excludePatterns = z.array(z.string().min(1).max(1024)).max(1000);
/** Bytes. */
const fileSize = z
	.int()
	.min(1)
	.max(64 * 1024 * 1024);

/** What a person has said of a folder: it is kept with its index, and holds for whoever indexes in it. */
export const folderRulesSchema = z.object({
	exclude: excludePatterns,
	/** Leave out what git does not track and is rarely meant: node_modules, .env, private keys. */
	defaultExcludes: z.boolean(),
	/** Larger files are skipped, with that reason. */
	maxFileBytes: fileSize,
});
export type FolderRules = z.output<typeof folderRulesSchema>;

export const indexStatusSchema = z.object({
	workspace: z.string(),
	files: z.int(),
	bytes: z.int(),
	/** Files the catalogue knows but did not index, by reason. */
	skipped: z.record(z.string(), z.int()),
	/** Some of them, by reason; only where they were asked for. */
	skippedPaths: z.record(z.string(), z.array(z.string())).optional(),
	/** Files that the last walk saw changed and no shard has indexed yet. */
	pending: z.int(),
	/** The end of the last complete walk, epoch ms. */
	walkedAt: z.int().nullable(),
	/** Absent before the first complete walk. */
	rules: folderRulesSchema.optional(),
	databaseBytes: z.int(),
	/** Absent where it is not searched by meaning, and never was. */
	meaning: meaningStatusSchema.optional(),
	/** Why the index cannot be used and what to do about it, a sentence; of a damaged one all numbers are 0. */
	problem: z.string().nullable(),
});
export type IndexStatus = z.output<typeof indexStatusSchema>;

const lspPosition = z.object({ line: z.int(), character: z.int() });

export const indexRequests = {
	'index/status': {
		params: z.strictObject({
			workspace: z.string().optional(),
			/** So many paths of skipped files, of each reason. */
			skippedPaths: z.int().min(1).max(1000).optional(),
		}),
		result: z.object({ indexes: z.array(indexStatusSchema) }),
	},
	'index/search': {
		params: z.strictObject({
			/** An indexed folder or one inside; without it, all of them. */
			workspace: z.string().optional(),
			/** Words, "a phrase", /a pattern/, sym:, path:, lang:, case:yes, and - before what must not be there. */
			query: z.string().min(1).max(1000),
			/** `text` and `regex` take the query as a whole, as it stands; `symbols` its words as names that are defined. */
			kind: z.enum(['words', 'text', 'regex', 'symbols']).default('words'),
			/** Parts of paths, or globs: one must hold. */
			path: z.array(z.string().min(1).max(1000)).max(20).optional(),
			/** Of text and patterns; default: no, or what the query says. */
			caseSensitive: z.boolean().optional(),
			/** Lines of one file, of text and patterns. */
			perFile: z.int().min(1).max(10_000).optional(),
			limit: z.int().min(1).max(200).default(20),
			cursor: z.string().max(512).optional(),
			/** Lines before and after each hit. */
			contextLines: z.int().min(0).max(5).default(0),
		}),
		result: z.object({
			hits: z.array(hitSchema),
			nextCursor: z.string().nullable(),
			/** Not all files that may match were looked at in time; `nextCursor` goes on. Absent where they were. */
			incomplete: z.boolean().optional(),
			/** Why indexes, or the search by meaning, were left out, a sentence each; absent where none was. */
			problems: z.array(z.string()).optional(),
		}),
	},
	/** LSP's: names that are defined in any index, best first. Nothing for an empty query. */
	'workspace/symbol': {
		params: z.looseObject({ query: z.string().max(1000) }),
		result: z.array(
			z.object({
				name: z.string(),
				/** LSP's number. */
				kind: z.int(),
				location: z.object({
					uri: z.string(),
					range: z.object({ start: lspPosition, end: lspPosition }),
				}),
				containerName: z.string().optional(),
			}),
		),
	},
	/** Of paths that somebody saw change, files and folders, those files that the index does not have as they are. */
	'index/stale': {
		params: z.strictObject({
			/** An indexed folder. */
			workspace: z.string(),
			/** Relative to it, with forward slashes; others are passed over. */
			paths: z.array(z.string().max(4096)).max(1000),
		}),
		result: z.object({
			/** For an `index.files` job. */
			files: z.array(z.string()),
			/** There are too many for a list: an `index.workspace` job is cheaper. */
			walk: z.boolean(),
		}),
	},
	'index/delete': {
		params: z.strictObject({ workspace: z.string() }),
		result: z.object({ deleted: z.boolean() }),
	},
} as const;

/**
 * Payload of an `index.workspace` job; its folder is the job's `workspace`. What it says is kept as the folder's rules;
 * what it does not say is as they are.
 */
export const indexWorkspacePayload = z.strictObject({
	exclude: excludePatterns.optional(),
	defaultExcludes: z.boolean().optional(),
	maxFileBytes: fileSize.optional(),
});
export type IndexWorkspacePayload = z.output<typeof indexWorkspacePayload>;

/** Payload of an `index.files` job. */
export const indexFilesPayload = z.strictObject({
	/** Relative to the workspace, forward slashes. A file that is gone leaves the index. */
	files: z.array(z.string().min(1).max(4096)).min(1).max(5000),
	/** Only in a folder that was never walked: else its rules say it. */
	maxFileBytes: fileSize.optional(),
});
export type IndexFilesPayload = z.output<typeof indexFilesPayload>;
