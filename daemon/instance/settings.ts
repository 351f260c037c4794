/** config.json in the data folder: the truth of the daemon's settings, with a revision (docs/design.md section 9). */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { errorCode, errorMessage, SemanticaError } from '../../shared/errors.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { writeAtomically } from './files.ts';

const DAY_MS = 24 * 3_600_000;

const settingsSchema = z.strictObject({
	/** Leave after this long without client and unfinished job, ms. */
	idleExitMs: z.int().min(0).max(2_147_483_647).default(600_000),
	/**
	 * `full`: an acknowledged job survives a power cut. `normal`: it survives a crash of the daemon only.
	 * Takes effect at the next start.
	 */
	durability: z.enum(['full', 'normal']).default('full'),
	/**
	 * Linux: hold each job in a control group of its own where the system allows it. Takes effect at the
	 * next start.
	 */
	cgroups: z.boolean().default(true),
	/**
	 * Payloads from this length on are files beside the database. Takes effect at the next start, which
	 * then moves existing ones in the background.
	 */
	payloadThresholdBytes: z
		.int()
		.min(1)
		.max(16 * 1024 * 1024)
		.default(10_000),
	/** What all payload files together may take on disk. */
	payloadQuotaBytes: z.int().min(0).default(20_000_000_000),
	/** Finished jobs are removed after this long, ms; jobs with a key stay a day at least. */
	retentionMs: z
		.int()
		.min(0)
		.default(14 * DAY_MS),
	/** Between looks at the power source, while a job depends on it, ms. Takes effect at the next start. */
	powerPollMs: z.int().min(1000).max(600_000).default(30_000),
	/** A machine counts as plugged in again after this long, ms. Takes effect at the next start. */
	acStableMs: z.int().min(0).max(600_000).default(60_000),
	/**
	 * Work that no person started waits while the battery is known to be below this, percent; 0 is never.
	 */
	minBattery: z.int().min(0).max(100).default(20),
	/** A machine is idle only when no editor was used for this long, ms. Takes effect at the next start. */
	idleQuietMs: z.int().min(30_000).max(86_400_000).default(120_000),
	/** A machine is idle only below this load, without Semantica's own. Takes effect at the next start. */
	idleCpuPercent: z.int().min(1).max(100).default(20),
	/**
	 * Jobs below priority 50 do not join others of their queue above this load, without Semantica's own;
	 * 100 is never. Takes effect at the next start.
	 */
	throttleCpuPercent: z.int().min(10).max(100).default(90),
	/**
	 * A job that ran during this many unclean deaths of the daemon in one boot runs alone from then on, and
	 * fails at the next. Takes effect at the next start.
	 */
	aloneAfterDeaths: z.int().min(1).max(100).default(2),
	/** Of finished jobs at most this many are kept. */
	retentionCount: z.int().min(0).default(20_000),
});
export type SettingValues = z.output<typeof settingsSchema>;

const fileSchema = z.looseObject({ revision: z.int().min(0).default(0) });

export interface Settings {
	readonly values: SettingValues;
	get(): Result<'settings/get'>;
	/** @throws SemanticaError VALIDATION for a bad value, CONFLICT when somebody else changed them first. */
	update(params: Params<'settings/update'>): Result<'settings/update'>;
}

/** Defaults where the file is absent; where it cannot be used, defaults and a sentence why. */
export function openSettings(file: string, warn: (sentence: string) => void): Settings {
	let { revision, values } = read(file, warn);

	function get(): Result<'settings/get'> {
		return { values: { ...values }, revision };
	}

	return {
		get values() {
			return values;
		},
		get,
		update(params) {
			if (params.revision !== revision) {
				throw new SemanticaError(
					'CONFLICT',
					`The settings were changed meanwhile (revision ${revision}, not ${params.revision}). Read them again.`,
					{ path: 'revision' },
				);
			}
			const parsed = settingsSchema.safeParse({ ...values, ...params.values });
			if (!parsed.success) {
				const [issue] = parsed.error.issues;
				const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
				throw new SemanticaError('VALIDATION', `${name}: ${issue?.message ?? 'is not valid'}.`, {
					path: `values.${name}`,
				});
			}
			const next = { revision: revision + 1, ...parsed.data };
			writeAtomically(file, `${JSON.stringify(next, null, 2)}\n`);
			values = parsed.data;
			revision = next.revision;
			return get();
		},
	};
}

function read(
	file: string,
	warn: (sentence: string) => void,
): { revision: number; values: SettingValues } {
	const defaults = { revision: 0, values: settingsSchema.parse({}) };
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		if (errorCode(error) !== 'ENOENT') warn(`${file} cannot be read: ${errorMessage(error)}`);
		return defaults;
	}
	try {
		const { revision, ...rest } = fileSchema.parse(JSON.parse(text));
		return { revision, values: settingsSchema.parse(rest) };
	} catch (error) {
		const why = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
		warn(
			`${file} is not used, because it is not valid: ${why}. The defaults hold until it is mended.`,
		);
		return defaults;
	}
}
