/**
 * Hooks (docs/design.md section 3): a job's end begins the jobs of the hooks that ask for it, in the same transaction,
 * so a daemon that is killed has done both or neither.
 */
import type { Command } from '../../../shared/jobFields.ts';
import { isFailure } from '../../../shared/jobTerms.ts';
import type { Hook } from '../../../shared/protocol/hooks.ts';
import type { Sqlite } from '../../sqlite/open.ts';
import { STATE, stateName } from '../store/codes.ts';
import type { JobRow } from '../store/rows.ts';
import type { JobTable } from '../store/statements.ts';
import { encodeSpec, storedSpec } from '../store/storedSpec.ts';
import type { Tx } from '../store/tx.ts';
import { FREE_CLASS } from '../store/waitClasses.ts';
import { endText, GATHERED, gatheredOnce, hookVariables } from './hookText.ts';
import type { Inserter } from './insert.ts';
import type { EndFacts } from './transitions.ts';
import { ON_LOST } from './yield.ts';

/** What a job's end sets off. */
export type Ended = (tx: Tx, row: JobRow, to: number, facts: EndFacts) => void;

const ORIGIN = 'hook/';
const QUEUE = 'hooks';
const MINUTE_MS = 60_000;
/** A hook that hangs would keep a place of its queue for ever. */
const TIMEOUT_MS = 600_000;
const TITLE_CHARS = 200;

type Begun = Pick<
	JobRow,
	'generation' | 'id' | 'state' | 'run' | 'stop_cause' | 'run_at' | 'wait' | 'spec'
>;

/**
 * @param hooks Those that there are now.
 * @param starts Of one hook so many fall due in a minute; what else ends meanwhile is one more, when that is over.
 */
export function createHooks(
	db: Sqlite,
	table: Pick<JobTable, 'byId' | 'byGeneration'>,
	inserter: Inserter,
	hooks: () => readonly Hook[],
	starts: number,
): Ended {
	const newest = db.prepare<[string, number], Begun>(
		`SELECT generation, id, state, run, stop_cause, run_at, wait, spec FROM jobs
		 WHERE origin = +? AND origin >= 'hook/' AND origin < 'hook0' ORDER BY generation DESC LIMIT +?`,
	);
	const setSpec = db.prepare<[string, string, number]>(
		'UPDATE jobs SET spec = ?, title = ? WHERE generation = ?',
	);

	/** Hooks set off none, nor does what they begin, however often it is retried. */
	function isOfHook(row: JobRow): boolean {
		if (row.origin.startsWith(ORIGIN)) return true;
		const asker = /^job\/(.+)$/.exec(row.origin)?.[1];
		const above = row.parent === null ? undefined : table.byGeneration(row.parent);
		const by = above ?? (asker === undefined ? undefined : table.byId(asker));
		return by !== undefined && isOfHook(by);
	}

	function begin(tx: Tx, hook: Hook, row: JobRow, to: number, facts: EndFacts): void {
		const origin = `${ORIGIN}${hook.n}`;
		const begun = newest.all(origin, starts);
		const [last] = begun;
		if (last !== undefined && gathers(last, hook)) {
			gather(tx, hook, last);
			return;
		}
		const first = begun[starts - 1];
		// A clock that was set back puts nothing off for longer.
		const free = first === undefined ? tx.now : Math.min(first.run_at, tx.now) + MINUTE_MS;
		const runAt = Math.max(tx.now, free);
		const variables = hookVariables(hook.n, row, stateName(to), facts);
		inserter.insert(tx, {
			type: 'command',
			title: titleOf(hook, variables),
			queue: QUEUE,
			workspace: '',
			subject: null,
			key: null,
			specHash: null,
			tag: null,
			group: '',
			groupLimit: null,
			parent: null,
			depth: 0,
			priority: 0,
			spec: specOf(hook, variables),
			firstTrigger: tx.now,
			runAt,
			wait: runAt > tx.now ? runAt - tx.now : null,
			expiresAt: null,
			payloadBytes: 0,
			retryOf: null,
			waitClass: FREE_CLASS,
			onLost: ON_LOST.finish,
			maxWait: null,
			event: null,
			after: [],
			held: false,
			needsApproval: false,
			origin,
		});
	}

	/** It waits for the minute to be over, or for its turn since then. */
	function gathers(begun: Begun, hook: Hook): boolean {
		const waits = begun.state === STATE.queued && begun.run === 0 && begun.stop_cause === null;
		return waits && begun.wait !== null && isSame(storedSpec(begun).command, hook.command);
	}

	function gather(tx: Tx, hook: Hook, begun: Begun): void {
		const variables = gatheredOnce(storedSpec(begun).command?.env ?? {});
		setSpec.run(specOf(hook, variables), titleOf(hook, variables), begun.generation);
		tx.changed(begun.id);
	}

	return (tx, row, to, facts) => {
		const all = hooks();
		// A part of another job ends for that one, whose end tells of it.
		if (all.length === 0 || row.parent !== null) return;
		const meant = all.filter(
			(hook) => (hook.on === 'ended' || isFailure(stateName(to))) && matches(row, hook),
		);
		if (meant.length === 0 || isOfHook(row)) return;
		for (const hook of meant) begin(tx, hook, row, to, facts);
	};
}

function matches(row: JobRow, { filter }: Hook): boolean {
	const { queue, type, tag, group, origin, workspace } = filter;
	return (
		(queue === undefined || queue.includes(row.queue)) &&
		(type === undefined || type.includes(row.type)) &&
		(tag === undefined || tag === row.tag) &&
		(group === undefined || group === row.group_name) &&
		(workspace === undefined || workspace === row.workspace) &&
		(origin === undefined ||
			origin.some((one) => (one.endsWith('/') ? row.origin.startsWith(one) : row.origin === one)))
	);
}

function specOf({ command }: Hook, variables: Readonly<Record<string, string>>): string {
	const env = { ...command.env, ...variables };
	return encodeSpec({ command: { ...command, env }, timeoutMs: TIMEOUT_MS });
}

function titleOf({ n }: Hook, variables: Readonly<Record<string, string>>): string {
	return endText(`Hook ${n}: ${variables[GATHERED.text] ?? ''}`, TITLE_CHARS);
}

/** The hook may be another one than it was then. */
function isSame(begun: Command | null, { command, args, cwd, shell }: Command): boolean {
	const text = (of: Pick<Command, 'command' | 'args' | 'cwd' | 'shell'>) =>
		JSON.stringify([of.command, of.args, of.cwd, of.shell]);
	return begun !== null && text(begun) === text({ command, args, cwd, shell });
}
