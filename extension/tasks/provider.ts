/** The type `semantica` for tasks.json. What runs such a task is read when one is run. */
import { tasks } from 'vscode';
import { type Disposable, Lifetime } from '../lifetime.ts';
import type { FeedPorts } from '../logs/feed.ts';
import { TASK_TYPE } from './definition.ts';

/** Longer than a window takes to let go of its extensions once it has closed its terminals. */
const SOON_MS = 2_000;

export function offerTasks(ports: FeedPorts): Disposable {
	const lifetime = new Lifetime();
	const soon = (deed: () => void) => {
		const timer = setTimeout(deed, SOON_MS);
		lifetime.own({ dispose: () => clearTimeout(timer) });
	};
	lifetime.own(
		tasks.registerTaskProvider(TASK_TYPE, {
			// None by itself: a task stands in tasks.json.
			provideTasks: () => [],
			resolveTask: async (task) => {
				const { withExecution } = await import('./taskTerminal.ts');
				return withExecution(task, { ...ports, soon });
			},
		}),
	);
	return lifetime;
}
