/** Opens, moves and closes the port as the settings say. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { errorCode, errorMessage } from '../../shared/errors.ts';
import type { Metrics } from './compose.ts';
import { type MetricsServer, openMetricsServer } from './http.ts';

export interface PortSettings {
	/** 0: none is opened. */
	readonly 'metrics.port': number;
	/** Whoever may connect may read; no token is asked for. */
	readonly 'metrics.open': boolean;
}

export interface PortOptions {
	readonly settings: () => PortSettings;
	readonly scrape: Metrics['scrape'];
	readonly tokenFile: string;
	/** Undefined where there is none, or none that can be used. */
	readonly readToken: () => string | undefined;
	readonly writeToken: (token: string) => void;
	readonly info: (sentence: string) => void;
	readonly warn: (sentence: string) => void;
}

export interface MetricsPort {
	/** The settings may be different. Resolves when they hold. */
	settingsChanged(): Promise<void>;
	/** Undefined where none is wanted; otherwise whether it is open, in a sentence. */
	state(): { readonly ok: boolean; readonly message: string } | undefined;
	close(): Promise<void>;
}

export function createMetricsPort(options: PortOptions): MetricsPort {
	let server: MetricsServer | undefined;
	let held = 'closed';
	let problem: string | undefined;
	let turn: Promise<void> = Promise.resolve();
	let closed = false;

	async function apply(): Promise<void> {
		const { 'metrics.port': port, 'metrics.open': open } = options.settings();
		const wanted = closed || port === 0 ? 'closed' : `${port} ${open}`;
		if (wanted === held) return;
		held = wanted;
		problem = undefined;
		await server?.close();
		server = undefined;
		if (wanted === 'closed') return;
		try {
			const token = open ? undefined : ensureToken();
			server = await openMetricsServer({
				port,
				token,
				refused() {
					if (token !== undefined && !existsSync(options.tokenFile)) options.writeToken(token);
				},
				scrape: options.scrape,
			});
			options.info(`Metrics are told on http://127.0.0.1:${port}/metrics.`);
		} catch (error) {
			problem = whyNot(port, error);
			options.warn(problem);
			// Said once; who sets it again has it tried again.
			held = 'failed';
		}
	}

	function ensureToken(): string {
		const kept = options.readToken();
		if (kept !== undefined) return kept;
		const token = randomBytes(32).toString('hex');
		options.writeToken(token);
		return token;
	}

	function next(): Promise<void> {
		turn = turn.then(apply);
		return turn;
	}

	return {
		settingsChanged: next,
		state() {
			const port = options.settings()['metrics.port'];
			if (port === 0) return undefined;
			if (problem !== undefined) return { ok: false, message: problem };
			return { ok: true, message: `Metrics are told on http://127.0.0.1:${port}/metrics.` };
		},
		close() {
			closed = true;
			return next();
		},
	};
}

function whyNot(port: number, error: unknown): string {
	const why =
		errorCode(error) === 'EADDRINUSE'
			? 'another program has it'
			: errorCode(error) === 'EACCES'
				? 'this user may not open it'
				: errorMessage(error);
	return `The port ${port} for metrics could not be opened: ${why}. Choose another with the setting "metrics.port".`;
}
