/** A log in a terminal, and as a file: what most people never open, so it is read when somebody does. */
import { type Terminal, ThemeIcon, window, workspace } from 'vscode';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { type FeedPorts, logName } from './feed.ts';
import { createJobTerminal } from './views/jobTerminal.ts';
import { createLogFiles, logUri } from './views/logFiles.ts';
import { provideLogLinks } from './views/logLinks.ts';

export interface LogViews extends Disposable, ReturnType<typeof createLogFiles> {
	openTerminal(id: string): Promise<void>;
	openFile(id: string): Promise<void>;
}

export function createLogViews(ports: FeedPorts): LogViews {
	const lifetime = new Lifetime();
	const links = lifetime.own(provideLogLinks(ports.link));
	const terminals = new Map<string, Terminal>();

	const titleOf = async (id: string) => (await ports.link.request('job/get', { id })).job.title;

	return {
		...createLogFiles(ports.link),
		async openTerminal(id) {
			const title = await titleOf(id);
			let terminal = terminals.get(id);
			if (terminal === undefined) {
				const pty = createJobTerminal(ports, async () => id, {
					closed: () => void terminals.delete(id),
				});
				terminal = window.createTerminal({
					name: logName(title, id),
					pty,
					iconPath: new ThemeIcon('output'),
					isTransient: true,
				});
				terminals.set(id, terminal);
				links.add(terminal, id);
			}
			terminal.show(true);
		},
		async openFile(id) {
			const document = await workspace.openTextDocument(logUri(await titleOf(id), id));
			await window.showTextDocument(document, { preview: true });
		},
		dispose() {
			lifetime.dispose();
			for (const terminal of terminals.values()) terminal.dispose();
		},
	};
}
