/** `top` on a terminal: brings keys, the daemon and the picture together until a person leaves. */
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionClosed, type DaemonConnection } from '../../../shared/client/connection.ts';
import { errorMessage } from '../../../shared/errors.ts';
import { connectToRunning, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../errors.ts';
import { drawTop, type Picture } from './draw.ts';
import { followDaemon, type TopFeed } from './feed.ts';
import { type Effect, FIRST_UI, type Key, press, type Ui } from './keys.ts';
import { followPane, NO_LOG } from './logPane.ts';
import { EMPTY_MODEL, type TopModel } from './model.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** At most two pictures a second come of what the daemon tells; a key is answered at once. */
const DRAW_EVERY_MS = 500;
/** Elapsed time moves on by itself. */
const TICK_MS = 1000;
/** A daemon that is gone is looked for this often. */
const LOOK_EVERY_MS = 1000;

/** Resolves when the person leaves. @throws what is wrong before the first picture. */
export async function runTop(context: Context, sort: Ui['sort']): Promise<void> {
	const first = await connectToRunning(context.daemon);
	const top = new Top(context, { ...FIRST_UI, sort });
	try {
		await top.run(first);
	} finally {
		top.close();
	}
}

class Top {
	readonly #context: Context;
	#model: TopModel = EMPTY_MODEL;
	#ui: Ui;
	#log = NO_LOG;
	#picture: Picture = { lines: [], ids: [], seen: [], page: 1 };
	#drawnAt = Number.NEGATIVE_INFINITY;
	#drawing: NodeJS.Timeout | undefined;
	#ticking: NodeJS.Timeout | undefined;
	#terminal: Terminal | undefined;
	#connection: DaemonConnection | undefined;
	#logConnection: DaemonConnection | undefined;
	#feed: TopFeed | undefined;
	#closed = false;
	#leave: () => void = () => {};
	#fail: (error: unknown) => void = () => {};

	constructor(context: Context, ui: Ui) {
		this.#context = context;
		this.#ui = ui;
	}

	async run(first: DaemonConnection): Promise<void> {
		const left = new Promise<void>((resolve, reject) => {
			this.#leave = resolve;
			this.#fail = reject;
		});
		this.#terminal = openTerminal(this.#context.stdin, this.#context.out.stream, {
			key: (key) => this.#press(key),
			resized: () => this.#draw(),
		});
		this.#ticking = setInterval(() => {
			if ((this.#model.counts?.running ?? 0) > 0) this.#refresh();
		}, TICK_MS);
		this.#draw();
		void this.#follow(first).catch(this.#fail);
		await left;
	}

	close(): void {
		this.#closed = true;
		clearInterval(this.#ticking);
		clearTimeout(this.#drawing);
		this.#terminal?.close();
		this.#connection?.dispose();
		this.#logConnection?.dispose();
	}

	/** One daemon after the other. */
	async #follow(first: DaemonConnection): Promise<void> {
		for (
			let connection: DaemonConnection | undefined = first;
			connection !== undefined;
			connection = await this.#nextDaemon()
		) {
			const { version } = connection.server;
			this.#connection = connection;
			// The person left while it was looked for.
			if (this.#closed) return connection.dispose();
			this.#change((model) => ({ ...model, version, note: undefined, older: false }));
			try {
				await this.#followOver(connection);
			} catch (error) {
				if (!(error instanceof ConnectionClosed)) throw error;
			}
			connection.dispose();
			this.#feed = undefined;
			if (!this.#closed) this.#change((model) => ({ ...model, note: GONE }));
		}
	}

	async #followOver(connection: DaemonConnection): Promise<void> {
		const failed = new Promise<never>((_, reject) => {
			const dependencies = {
				connection,
				change: (how: (model: TopModel) => TopModel) => this.#change(how),
				model: () => this.#model,
				filter: () => this.#ui.filter,
				seen: () => this.#compose().seen,
				fail: reject,
			};
			followDaemon(dependencies).then((feed) => {
				this.#feed = feed;
			}, reject);
		});
		await Promise.race([failed, connection.closed]);
	}

	async #nextDaemon(): Promise<DaemonConnection | undefined> {
		while (!this.#closed) {
			await delay(LOOK_EVERY_MS, undefined, { ref: false });
			try {
				return await connectToRunning(this.#context.daemon);
			} catch (error) {
				const none = error instanceof CliError && error.exitCode === EXIT.noDaemon;
				if (!none) this.#change((model) => ({ ...model, note: errorMessage(error) }));
			}
		}
		return undefined;
	}

	#press(key: Key): void {
		const before = this.#ui;
		const { ui, effect } = press(before, key, this.#picture);
		this.#ui = ui;
		if (before.mode === 'log' && ui.mode !== 'log') this.#endLog();
		if (effect !== undefined) this.#do(effect);
		this.#draw();
		// Others are seen now, or wanted.
		this.#feed?.lookAgain();
	}

	#do(effect: Effect): void {
		switch (effect.kind) {
			case 'quit':
				this.#leave();
				return;
			case 'suspend':
				this.#terminal?.suspend();
				return;
			case 'cancel':
				void this.#cancel(effect.id);
				return;
			case 'log':
				void this.#showLog(effect.id);
				return;
		}
	}

	async #cancel(id: string): Promise<void> {
		try {
			const answer = await this.#connection?.request('job/cancel', { ids: [id] });
			const [skipped] = answer?.skipped ?? [];
			this.#say(skipped?.reason ?? 'It is being cancelled.');
		} catch (error) {
			this.#say(errorMessage(error));
		}
	}

	#say(message: string): void {
		this.#ui = { ...this.#ui, message };
		this.#refresh();
	}

	async #showLog(id: string): Promise<void> {
		const { title = '' } = this.#picture.seen.find((job) => job.id === id) ?? {};
		this.#log = { ...NO_LOG, id, title };
		try {
			await using(connectToRunning(this.#context.daemon), async (connection) => {
				if (this.#ui.mode !== 'log' || this.#log.id !== id) return;
				this.#logConnection = connection;
				await followPane(connection, { id, title }, (pane) => {
					if (this.#log.id !== id) return;
					this.#log = pane;
					this.#refresh();
				});
			});
		} catch (error) {
			this.#log = { ...this.#log, problem: errorMessage(error) };
			this.#refresh();
		}
	}

	#endLog(): void {
		this.#logConnection?.dispose();
		this.#logConnection = undefined;
		this.#log = NO_LOG;
	}

	#change(how: (model: TopModel) => TopModel): void {
		this.#model = how(this.#model);
		this.#refresh();
	}

	#refresh(): void {
		const wait = Math.max(0, this.#drawnAt + DRAW_EVERY_MS - performance.now());
		this.#drawing ??= setTimeout(() => this.#draw(), wait);
	}

	#draw(): void {
		clearTimeout(this.#drawing);
		this.#drawing = undefined;
		this.#drawnAt = performance.now();
		this.#picture = this.#compose();
		this.#terminal?.draw(this.#picture.lines);
	}

	#compose(): Picture {
		const size = this.#terminal?.size() ?? { width: 80, height: 24 };
		const window = { ...this.#context.out.view(), ...size };
		return drawTop(this.#model, this.#ui, this.#log, Date.now(), window);
	}
}

const GONE = 'The daemon has ended. Looking for the next one; q quits.';
