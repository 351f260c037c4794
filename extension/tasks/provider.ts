/** The type `semantica` for tasks.json. What runs such a task is read when one is run. */
import { commands, TerminalExitReason, tasks, window } from 'vscode';
import { type Disposable, Lifetime } from '../lifetime.ts';
import type { FeedPorts } from '../logs/feed.ts';
import { TASK_TYPE } from './definition.ts';

export function offerTasks(ports: FeedPorts): Disposable {
	const lifetime = new Lifetime();
	let leaving = false;
	lifetime.own(
		window.onDidCloseTerminal(({ exitStatus }) => {
			if (exitStatus?.reason === TerminalExitReason.Shutdown) leaving = true;
		}),
	);
	async function unlessLeaving(deed: () => void): Promise<void> {
		try {
			// The window answers this after it has told why the terminal closed, and never once it is gone.
			await commands.executeCommand('setContext', 'semantica.taskClosed', true);
		} catch {
			return;
		}
		if (!leaving) deed();
	}
	lifetime.own(
		tasks.registerTaskProvider(TASK_TYPE, {
			// None by itself: a task stands in tasks.json.
			provideTasks: () => [],
			resolveTask: async (task) => {
				const { withExecution } = await import('./taskTerminal.ts');
				return withExecution(task, { ...ports, unlessLeaving });
			},
		}),
	);
	return lifetime;
}
