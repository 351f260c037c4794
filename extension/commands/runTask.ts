import type { Link } from '../connection/link.ts';
import type { JobLogs } from '../logs/channels.ts';
import type { Reporter } from '../status/reporter.ts';
import type { CommandBody } from './register.ts';

export function runTask(link: Link, logs: JobLogs, reporter: Reporter): CommandBody {
	return async (...args) => {
		const { chooseTask } = await import('../tasks/chooseTask.ts');
		return chooseTask(link, logs, reporter)(...args);
	};
}
