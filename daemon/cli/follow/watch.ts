/** Following one job by notification: nothing is asked again unless the daemon says so. */
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { SemanticaError } from '../../../shared/errors.ts';
import type { Job } from '../../../shared/job.ts';
import { applyChanges, type FollowModel, startModel } from './model.ts';

/**
 * Calls `onChange` with each new picture of the job, first with the present one.
 * Resolves with the job once it has finished; rejects with ConnectionClosed.
 */
export async function watchJob(
	connection: DaemonConnection,
	id: string,
	onChange: (model: FollowModel) => void,
): Promise<Job> {
	let model: FollowModel | undefined;
	let instance: string | undefined;
	let seq = 0;
	let finish: (job: Job) => void = () => {};
	let fail: (error: unknown) => void = () => {};
	const finished = new Promise<Job>((resolve, reject) => {
		finish = resolve;
		fail = reject;
	});

	const show = (next: FollowModel) => {
		if (next === model) return;
		const before = model;
		model = next;
		onChange(next);
		if (next.job.finishedAt !== null) finish(next.job);
		else if (next.job.state === 'queued' && isNewlyQueued(before, next)) explain().catch(fail);
	};

	async function explain(): Promise<void> {
		const { reasons } = await connection.request('job/explain', { id });
		const reason = reasons[0]?.message;
		if (model?.job.state === 'queued' && model.waitReason !== reason) {
			model = { ...model, waitReason: reason };
			onChange(model);
		}
	}

	// Subscribed before the job is read; what changes meanwhile is applied to what was read.
	let early: JobUpdate[] | undefined;
	async function subscribe(): Promise<void> {
		early = [];
		const snapshot = await connection.request('jobs/subscribe', {});
		instance = snapshot.instance;
		seq = snapshot.seq;
		const filter = { parentId: id, state: ['running' as const, 'paused' as const] };
		const [{ job }, children] = await Promise.all([
			connection.request('job/get', { id }),
			connection.request('job/list', { filter, limit: 200 }),
		]);
		const fresh = startModel(job, children.jobs, Date.now());
		const updates = early;
		early = undefined;
		show(model === undefined ? fresh : { ...fresh, samples: model.samples });
		for (const update of updates) apply(update);
	}

	function apply({ jobs, removed }: JobUpdate): void {
		if (early !== undefined) {
			early.push({ jobs, removed });
			return;
		}
		if (model !== undefined) show(applyChanges(model, jobs, removed, Date.now()));
		// Its end and its removal may come as one change, in which only the removal is left.
		if (removed.includes(id)) fail(new SemanticaError('NOT_FOUND', goneSentence(id)));
	}

	connection.onNotification('jobs/changed', (change) => {
		const expected = change.instance === instance && change.seq === seq + 1;
		seq = change.seq;
		if ('resync' in change) subscribe().catch(fail);
		else if (expected || early !== undefined) apply(change);
		else subscribe().catch(fail);
	});
	void connection.closed.then(() => fail(new ConnectionClosed()));
	subscribe().catch(fail);
	return finished;
}

function goneSentence(id: string): string {
	return `Job ${id} has ended and was removed before its end could be read.`;
}

interface JobUpdate {
	readonly jobs: readonly Job[];
	readonly removed: readonly string[];
}

function isNewlyQueued(before: FollowModel | undefined, next: FollowModel): boolean {
	return before?.job.state !== 'queued' || before.job.runAt !== next.job.runAt;
}
