/** The server that this window's calls are passed on to: started by the first, for the folders that are open then. */
import { env, l10n, workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { prepareServer } from './prepareServer.ts';
import { type ServerPorts, serverCommand } from './server.ts';
import type { ToolServer } from './toolServer.ts';

export interface Servers extends Disposable {
	/** Rejects with a sentence where no answer came. */
	readonly call: ToolServer['call'];
}

export interface ServersPorts extends ServerPorts {
	readonly log: (message: string) => void;
}

interface Running {
	readonly started: Promise<ToolServer>;
	calls: number;
	/** Other folders are open by now: it ends with its last call. */
	retired: boolean;
	idle?: NodeJS.Timeout;
}

/** One that nobody asks for so long ends; the next call starts another. */
const IDLE_MS = 300_000;

export function createServers(ports: ServersPorts): Servers {
	const lifetime = new Lifetime();
	const running = new Set<Running>();
	let current: Running | undefined;

	async function start(): Promise<ToolServer> {
		const { home, version, log } = ports;
		const how = serverCommand(home());
		if (how === undefined) {
			throw new Error(l10n.t('Open a folder first: the tools work in the folders of a window.'));
		}
		await prepareServer(ports);
		// Its library is as large as half of the extension.
		const { startToolServer } = await import('./toolServer.ts');
		return startToolServer({ how, client: { name: env.appName, version }, log });
	}

	function take(): Running {
		if (current !== undefined) return current;
		const taken: Running = { started: start(), calls: 0, retired: false };
		current = taken;
		running.add(taken);
		const forget = () => {
			clearTimeout(taken.idle);
			running.delete(taken);
			if (current === taken) current = undefined;
		};
		taken.started.then(({ closed }) => closed.then(forget), forget);
		return taken;
	}

	function end(one: Running): void {
		clearTimeout(one.idle);
		if (current === one) current = undefined;
		one.started.then((server) => server.end()).catch(() => {});
	}

	function release(one: Running): void {
		if (--one.calls > 0) return;
		if (one.retired) end(one);
		else one.idle = setTimeout(() => end(one), IDLE_MS).unref();
	}

	lifetime.own(
		workspace.onDidChangeWorkspaceFolders(() => {
			if (current === undefined) return;
			current.retired = true;
			if (current.calls === 0) end(current);
			current = undefined;
		}),
	);
	lifetime.own({
		dispose() {
			for (const one of running) end(one);
		},
	});

	return {
		dispose: () => lifetime.dispose(),
		async call(name, input, signal, onProgress) {
			const one = take();
			clearTimeout(one.idle);
			one.calls++;
			try {
				const server = await one.started.catch((error: unknown) => {
					throw new Error(l10n.t('The tools cannot be reached: {0}', errorMessage(error)));
				});
				return await server.call(name, input, signal, onProgress);
			} finally {
				release(one);
			}
		},
	};
}
