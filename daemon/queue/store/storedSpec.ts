/** The `spec` column: what no query filters by. A row holds only what is not as usual. */
import type {
	Backoff,
	Command,
	Constraints,
	Limits,
	Ready,
	Restart,
	SkipIfUnchanged,
	Surroundings,
} from '../../../shared/jobFields.ts';
import type { Notify } from '../../../shared/jobTerms.ts';
import type { Matcher } from '../../../shared/problems.ts';

export interface StoredSpec {
	readonly command: Command | null;
	readonly supersede: 'queued' | 'abort' | 'none';
	readonly debounceMs: number;
	readonly maxDelayMs: number;
	readonly ttlMs: number | null;
	readonly deadlineAt: number | null;
	readonly timeoutMs: number | null;
	readonly ready: Ready | null;
	readonly restart: Restart | null;
	readonly leaveBehind: boolean;
	readonly pty: boolean;
	readonly limits: Limits | null;
	readonly maxAttempts: number;
	readonly backoff: Backoff;
	readonly retryOn: readonly number[] | null;
	readonly restartable: boolean;
	readonly constraints: Constraints | null;
	readonly onConstraintLost: 'finish' | 'pause' | 'requeue';
	readonly graceMs: number;
	readonly surroundings: Surroundings | null;
	readonly notify: Notify;
	/** Null: chosen by the command. */
	readonly errors: readonly Matcher[] | null;
	readonly skipIfUnchanged: SkipIfUnchanged | null;
}

/** Rows that are stored already leave these out, so they stay as they are even where defaults change. */
const USUAL: StoredSpec = {
	command: null,
	supersede: 'queued',
	debounceMs: 0,
	maxDelayMs: 0,
	ttlMs: null,
	deadlineAt: null,
	timeoutMs: null,
	ready: null,
	restart: null,
	leaveBehind: false,
	pty: false,
	limits: null,
	maxAttempts: 1,
	backoff: { baseMs: 1000, factor: 2, maxMs: 300_000, jitter: 0.25 },
	retryOn: null,
	restartable: false,
	constraints: null,
	onConstraintLost: 'finish',
	graceMs: 5000,
	surroundings: null,
	notify: 'never',
	errors: null,
	skipIfUnchanged: null,
};
const NAMES = Object.keys(USUAL) as (keyof StoredSpec)[];

/** `spec` gives what differs from the usual; undefined is as usual. */
export function encodeSpec(
	spec: {
		readonly [Name in keyof StoredSpec]?: StoredSpec[Name] | undefined;
	},
): string {
	const kept: Record<string, unknown> = {};
	for (const name of NAMES) {
		const value = spec[name];
		if (value !== undefined && value !== USUAL[name]) kept[name] = value;
	}
	return JSON.stringify(kept);
}

export function storedSpec({ spec }: { readonly spec: string }): StoredSpec {
	return { ...USUAL, ...(JSON.parse(spec) as Partial<StoredSpec>) };
}
