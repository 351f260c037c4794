/** What a job's end begins: the jobs of hooks, and how they are gathered. */
import type { WatchedEnd } from '../../../shared/jobTerms.ts';
import { add } from './entering.ts';
import type { ModelJob, ModelSpec } from './job.ts';
import { keptOf, type Ledger } from './transitions.ts';

export interface ModelHook {
	readonly n: number;
	readonly on: WatchedEnd;
	/** Null: all queues. */
	readonly queue: ModelSpec['queue'] | null;
}

const MINUTE_MS = 60_000;
const SPEC: ModelSpec = {
	queue: 'hooks',
	workspace: '',
	priority: null,
	group: null,
	groupLimit: null,
	subject: null,
	supersede: 'queued',
	debounceMs: 0,
	maxDelayMs: null,
	delayMs: 0,
	ttlMs: null,
	deadlineMs: null,
	maxAttempts: 1,
	backoffMs: 1000,
	retryOn: null,
	memoryMB: null,
	restartable: false,
	restart: null,
	key: null,
	conditions: null,
	event: null,
	maxWaitMs: null,
	onConstraintLost: 'finish',
	worker: null,
	ready: false,
};

export function beginHooks(ledger: Ledger, job: ModelJob): void {
	if (job.parent !== null || job.hook !== null) return;
	for (const hook of ledger.hooks) {
		const isMeant = hook.on === 'ended' || job.state === 'failed' || job.state === 'expired';
		if (!isMeant || (hook.queue !== null && hook.queue !== job.spec.queue)) continue;
		const begun = keptOf(ledger).filter(({ hook: of }) => of?.n === hook.n);
		const last = begun.at(-1);
		if (last?.hook && isGathering(last)) {
			last.hook = { ...last.hook, count: last.hook.count + 1 };
			continue;
		}
		const first = begun.at(-ledger.hookStarts);
		const free = first === undefined ? ledger.now : Math.min(first.runAt, ledger.now) + MINUTE_MS;
		const made = add(
			ledger,
			{ spec: SPEC, parent: null, sent: '', needsApproval: false },
			{
				id: '',
				key: null,
				priority: 0,
				retryOf: null,
				deadlineAt: null,
				event: null,
				firstTrigger: ledger.now,
				after: [],
				hook: { n: hook.n, job: job.id, state: job.state, count: 1 },
			},
		);
		if (free > ledger.now) {
			Object.assign(made, { runAt: free, wait: free - ledger.now, due: false });
		}
	}
}

function isGathering({ state, run, stop, wait }: ModelJob): boolean {
	return state === 'queued' && run === 0 && stop === null && wait !== null;
}
