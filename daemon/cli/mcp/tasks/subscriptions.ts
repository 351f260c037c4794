/** `subscriptions/listen` for tasks: a notification when one is otherwise, until all have ended or nobody listens. */
import type { Message } from '../protocol/opening.ts';
import type { Wire } from '../protocol/wire.ts';
import type { ToolContext } from '../tools/context.ts';
import type { DetailedTask } from './requests.ts';

type GetTask = (taskId: string) => Promise<DetailedTask>;

export interface TaskSubscriptions {
	/** @param get Rejects where there is no such task. */
	listen(id: string | number, taskIds: readonly string[], get: GetTask): void;
	/** Whether there was one. */
	cancel(id: string | number): boolean;
}

export interface SubscriptionDependencies {
	readonly link: ToolContext['link'];
	readonly wire: Wire;
	readonly serverInfo: object;
}

/** At the latest after this another change is told: only ends and questions come by themselves. */
const LOOK_MS = 10_000;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

export function createTaskSubscriptions({
	link,
	wire,
	serverInfo,
}: SubscriptionDependencies): TaskSubscriptions {
	const open = new Map<string | number, AbortController>();

	const notify = (id: string | number, method: string, params: object) =>
		wire.send({ jsonrpc: '2.0', method, params: { ...params, _meta: { [SUBSCRIPTION]: id } } });

	async function follow(
		id: string | number,
		taskId: string,
		get: GetTask,
		signal: AbortSignal,
	): Promise<void> {
		let last = '';
		for (;;) {
			const task = await get(taskId);
			if (signal.aborted) return;
			const state = JSON.stringify([task.status, task.statusMessage.replace(/ for [^,]*/, '')]);
			if (state !== last) await notify(id, 'notifications/tasks', task);
			last = state;
			if (task.status === 'completed' || task.status === 'cancelled') return;
			const asks = { [taskId]: Date.parse(task.lastUpdatedAt) };
			const asked = { ids: [taskId], timeoutMs: LOOK_MS, asks };
			await link.request('job/wait', asked, signal);
		}
	}

	async function followAll(
		id: string | number,
		taskIds: readonly string[],
		get: GetTask,
		ending: AbortController,
	): Promise<void> {
		// The connection stays while there is something to tell.
		const release = link.hold();
		await Promise.allSettled(taskIds.map((taskId) => follow(id, taskId, get, ending.signal)));
		release();
		if (open.get(id) !== ending) return;
		open.delete(id);
		const _meta = { [SUBSCRIPTION]: id, 'io.modelcontextprotocol/serverInfo': serverInfo };
		const result = { resultType: 'complete', _meta };
		await wire.send({ jsonrpc: '2.0', id, result } satisfies Message);
	}

	return {
		listen(id, taskIds, get) {
			const ending = new AbortController();
			open.get(id)?.abort();
			open.set(id, ending);
			const notifications = { taskIds: [...taskIds] };
			void notify(id, 'notifications/subscriptions/acknowledged', { notifications });
			void followAll(id, taskIds, get, ending);
		},
		cancel(id) {
			const ending = open.get(id);
			if (ending === undefined) return false;
			open.delete(id);
			ending.abort();
			return true;
		},
	};
}
