/** The daemon's settings, and what AI tools may do: both in config.json (docs/design.md section 9). */
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import { type AiConfig, aiConfigSchema } from '../../shared/protocol/ai.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { assertNoProblem, type Config, notUsed } from './config.ts';

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
	powerPollMs: z.int().min(1000).max(600_000).default(10_000),
	/** A machine counts as plugged in again after this long, ms. Takes effect at the next start. */
	acStableMs: z.int().min(0).max(600_000).default(15_000),
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
	 * A job that ran during this many unclean deaths of the daemon in one boot, or of the process of its worker, runs
	 * alone from then on, and fails at the next. Takes effect at the next start.
	 */
	aloneAfterDeaths: z.int().min(1).max(100).default(2),
	/** Functions that may be with workers at once, over all workers. */
	maxFunctions: z.int().min(1).max(10_000).default(256),
	/**
	 * What the memory caps of all runs may come to together, percent of the machine's memory; 0 is without bound. Jobs
	 * with a cap wait for room.
	 */
	'limits.memoryPercent': z.int().min(0).max(100).default(100),
	/** Of finished jobs at most this many are kept. */
	retentionCount: z.int().min(0).default(20_000),
	/** Say on the desktop that a job has ended, where that was asked for and no window of an editor is there. */
	notifications: z.boolean().default(true),
	/** A job with `notify: long` that ends well is told of from this long after it was asked for, ms. */
	notifyLongMs: z.int().min(0).max(86_400_000).default(30_000),
	/** The port on 127.0.0.1 on which Prometheus may ask for metrics; 0 is none. */
	'metrics.port': z.int().min(0).max(65_535).default(0),
	/** Whoever can connect to that port may read them; no token is asked for. */
	'metrics.open': z.boolean().default(false),
});
export type SettingValues = z.output<typeof settingsSchema>;

/** Where nobody can tell what a person wanted, tools run nothing. */
const NOTHING_ALLOWED: AiConfig = { ...aiConfigSchema.parse({}), run: 'off' };

export interface Settings {
	readonly values: SettingValues;
	get(): Result<'settings/get'>;
	/** @throws SemanticaError VALIDATION for a bad value, CONFLICT when somebody else changed them first, or config.json is not valid. */
	update(params: Params<'settings/update'>): Result<'settings/update'>;
	/** What AI tools may do: no setting, so that who changes settings changes nothing of it. */
	readonly ai: AiConfig;
	/** @throws SemanticaError CONFLICT where config.json is not valid */
	updateAi(ai: AiConfig): void;
}

/** Defaults where the file has none; where they cannot be used, defaults and a sentence why. */
export function openSettings(config: Config, warn: (sentence: string) => void): Settings {
	const { problem, ...found } = read(config, warn);
	let { values, ai } = found;

	function get(): Result<'settings/get'> {
		return { values: { ...values }, revision: config.content.revision };
	}

	return {
		get values() {
			return values;
		},
		get,
		get ai() {
			return ai;
		},
		updateAi(next) {
			assertNoProblem(problem);
			config.write({ ai: next });
			ai = next;
		},
		update(params) {
			assertNoProblem(problem);
			const { revision } = config.content;
			if (params.revision !== revision) {
				throw new SemanticaError(
					'CONFLICT',
					`The settings were changed meanwhile (revision ${revision}, not ${params.revision}). Read them again.`,
					{ path: 'revision' },
				);
			}
			const parsed = settingsSchema.safeParse(withDefaults({ ...values, ...params.values }));
			if (!parsed.success) {
				const [issue] = parsed.error.issues;
				const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
				throw new SemanticaError('VALIDATION', `${name}: ${issue?.message ?? 'is not valid'}.`, {
					path: `values.${name}`,
				});
			}
			config.write({ revision: revision + 1, settings: parsed.data, ai });
			values = parsed.data;
			return get();
		},
	};
}

/** `null` is the default again, for a setting that there is. */
function withDefaults(wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
	const kept = Object.entries(wanted).filter(
		([name, value]) => value !== null || !Object.hasOwn(settingsSchema.shape, name),
	);
	return Object.fromEntries(kept);
}

function read(
	{ file, content, problem }: Config,
	warn: (sentence: string) => void,
): { values: SettingValues; ai: AiConfig; problem: string | undefined } {
	const defaults = { values: settingsSchema.parse({}), ai: NOTHING_ALLOWED };
	if (problem !== undefined) return { ...defaults, problem };
	try {
		const ai = aiConfigSchema.parse(content.ai ?? {});
		return { values: settingsSchema.parse(content.settings), ai, problem };
	} catch (error) {
		const invalid = notUsed(file, error);
		warn(invalid);
		return { ...defaults, problem: invalid };
	}
}
