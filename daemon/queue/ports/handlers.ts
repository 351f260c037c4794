/** Job types are registered by name; the queue knows a type only through this port. */
import type { JobSpec } from '../../../shared/job.ts';

/** What a run starts: a program with an absolute or resolvable name, never a shell line. */
export interface LaunchPlan {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	/** On top of the allow-listed environment. */
	readonly env: Readonly<Record<string, string>>;
	/** Operating system priority, 0 to 19; 0 is normal. */
	readonly nice: number;
	/** The exit code by which the program says that another attempt would end the same. */
	readonly finalExitCode?: number;
}

/** What the queue needs to know of a stored job to launch it. */
export interface LaunchableJob {
	readonly id: string;
	readonly type: string;
	readonly command: JobSpec['command'] | undefined;
	readonly workspace: string | null;
}

export interface JobHandler {
	readonly type: string;
	readonly defaults: {
		readonly queue: string;
		readonly maxAttempts: number;
		readonly restartable: boolean;
		/** None without it. */
		readonly timeoutMs?: number;
	};
	/**
	 * Checks the specification and fills in what the type itself decides (title, subject).
	 * @throws SemanticaError VALIDATION; `data.path` is relative to the specification, as in `payload.files`.
	 */
	prepare(spec: JobSpec): JobSpec;
	launch(job: LaunchableJob): LaunchPlan;
}

/** Functions have one each, whether somebody has registered them or not. */
export interface JobHandlers {
	get(type: string): JobHandler | undefined;
	/** Types that the daemon does itself. */
	keys(): Iterable<string>;
}
