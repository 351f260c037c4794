/**
 * The window's one connection to the daemon: drives the state machine, hands sockets to the RPC client,
 * and answers requests whatever state it is in. Knows neither the editor nor the RPC library.
 */
import type { Socket } from 'node:net';
import { compareBuilds } from '../../shared/build.ts';
import { askToMakeWay, speaksOtherwise } from '../../shared/client/handover.ts';
import { errorMessage, SemanticaError } from '../../shared/errors.ts';
import { outdatedError } from '../../shared/outdated.ts';
import type {
	Method,
	ParamsInput,
	Result,
	ServerIdentity,
} from '../../shared/protocol/requests.ts';
import { Lifetime, Signal } from '../lifetime.ts';
import type { LinkPorts, OpenedSocket, RpcClient, RpcClientHooks } from './ports.ts';
import { lostSince, until } from './settled.ts';
import { NO_ANSWER, NOT_READY, silent, withDeadline } from './silence.ts';
import { backoffMs, type LinkEvent, type LinkState, type Relation, transition } from './state.ts';

class ConnectionLost extends Error {
	override readonly name = 'ConnectionLost';
}

// Everything may be repeated after a lost connection (an enqueue carries its key) but what makes something new.
// A restart asked for of one daemon must not end the next one.
const NOT_REPEATABLE: ReadonlySet<Method> = new Set(['job/retry', 'schedule/run', 'system/drain']);
const MAX_TRIES = 3;
/** What daemons of every protocol understand. */
const ANY_PROTOCOL: ReadonlySet<Method> = new Set(['system/status', 'system/drain']);
/** What is only told may get lost; it must not hold up whoever tells. */
const TELL_MS = 5_000;

export class Link {
	readonly #ports: LinkPorts;
	readonly #changes = new Signal<LinkState>();
	readonly onDidChange = this.#changes.on;
	#state: LinkState = { kind: 'stopped' };
	#client: Promise<RpcClient> | undefined;
	#lifetime = new Lifetime();
	/** Connected only because a daemon was there: leaves with it instead of bringing it back. */
	#guest = false;
	/** A person wants no daemon for now: only what a person does brings one up again. */
	#left = false;
	/** A person has used the connection since it was lost. */
	#used = false;
	/** Failed with a daemon that is there: looking for one again would find the same. */
	#unfit = false;
	/** When the state became what it is, monotonic ms. */
	#since = performance.now();
	/** What a guest found. */
	#found: OpenedSocket | undefined;

	constructor(ports: LinkPorts) {
		this.#ports = ports;
	}

	get state(): LinkState {
		return this.#state;
	}

	/** Starts or, after a failure, tries again. Nothing happens in other states. */
	start(): void {
		if (this.#ports.refusal() !== undefined) return;
		this.#remain();
		this.#begin();
	}

	/** As `start`, but for what a person did not ask for outright, like a view that comes in sight. */
	wake(): void {
		if (!this.#left) this.start();
	}

	/** A person uses the connection: from now on a lost one is made again, but for one that a person has stopped. */
	stay(): void {
		this.#used = true;
		this.#remain();
	}

	#remain(): void {
		if (this.#left && this.#isAlive()) return;
		this.#guest = false;
		this.#left = false;
	}

	/** A person has the daemon stopped: when it goes, it is not brought back before a person needs it. */
	leave(): void {
		this.#guest = true;
		this.#left = true;
	}

	#begin(): void {
		this.#unfit = false;
		this.#dispatch({ type: 'start' });
		if (this.#state.kind !== 'starting' || this.#client !== undefined) return;
		const lifetime = this.#lifetime;
		const client = this.#ports.createClient(this.#hooks(lifetime));
		this.#client = client;
		client.then(
			(created) => created.start(),
			(error: Error) => {
				if (this.#client !== client) return;
				this.#client = undefined;
				this.#dispatch({ type: 'openFailed', error });
			},
		);
	}

	async stop(): Promise<void> {
		const client = this.#client;
		this.#client = undefined;
		this.#guest = false;
		this.#found?.socket.destroy();
		this.#found = undefined;
		this.#dispatch({ type: 'stop' });
		const lifetime = this.#lifetime;
		this.#lifetime = new Lifetime();
		await client?.then(
			(started) => started.stop(),
			() => undefined,
		);
		lifetime.dispose();
	}

	/**
	 * Connects first if need be. Repeated over a new connection when one is lost, unless that could do it twice.
	 * @param deadlineMs how long the daemon may take to answer, once connected.
	 * @param signal tells the daemon that nobody wants the answer any more.
	 * @throws SemanticaError or the daemon's ResponseError.
	 */
	async request<M extends Method>(
		method: M,
		params: ParamsInput<M>,
		deadlineMs = 30_000,
		signal?: AbortSignal,
	): Promise<Result<M>> {
		for (let tries = 1; ; tries++) {
			const client = await this.#connected(ANY_PROTOCOL.has(method));
			const asked = this.#state;
			try {
				const answer = client.request(method, params, signal);
				return (await withDeadline(answer, deadlineMs, NO_ANSWER)) as Result<M>;
			} catch (error) {
				if (!(error instanceof ConnectionLost)) throw error;
				await lostSince(this, asked);
				if (tries === MAX_TRIES || NOT_REPEATABLE.has(method)) {
					throw new SemanticaError(
						'SYSTEM',
						'The connection to the Semantica daemon closed before it answered. Look at the jobs, then try again.',
					);
				}
				this.#ports.log(`${method} is sent again: ${error.message}`);
			}
		}
	}

	/**
	 * Says something over the connection, or to a daemon that runs anyway. Where there is none it is dropped:
	 * no daemon is launched, and nobody is bothered, only to be told.
	 * @returns whether the daemon took it.
	 */
	async tell<M extends Method>(method: M, params: ParamsInput<M>): Promise<boolean> {
		try {
			if (this.#ports.refusal() !== undefined) return false;
			if (this.#mayJoin()) await this.#join();
			if (!this.#isAlive()) return false;
			const client = await this.#settled();
			await withDeadline(client.request(method, params), TELL_MS, NO_ANSWER);
			return true;
		} catch (error) {
			this.#ports.log(`${method} was not told: ${errorMessage(error)}`);
			return false;
		}
	}

	/** Where it could not be started, somebody else may have started it meanwhile. */
	#mayJoin(): boolean {
		return this.#state.kind === 'stopped' || (this.#state.kind === 'failed' && !this.#unfit);
	}

	#isAlive(): boolean {
		return !['stopped', 'failed', 'outdated'].includes(this.#state.kind);
	}

	async #join(): Promise<void> {
		const found = await this.#ports.openRunning();
		if (found === undefined) return;
		if (!this.#mayJoin()) {
			found.socket.destroy();
			return;
		}
		// Where it failed a person wanted it, and still does.
		if (this.#state.kind === 'stopped') this.#guest = true;
		this.#found = found;
		this.#begin();
	}

	#connected(anyProtocol: boolean): Promise<RpcClient> {
		const refusal = this.#ports.refusal();
		if (refusal !== undefined) return Promise.reject(refusal);
		if (!this.#isAlive() && this.#left) return Promise.reject(new SemanticaError('SYSTEM', LEFT));
		if (!this.#isAlive()) this.start();
		return this.#settled(anyProtocol);
	}

	#settled(anyProtocol = false): Promise<RpcClient> {
		const settled = until(this, (state) => {
			if (state.kind === 'connected') return this.#client;
			if (state.kind === 'handover' && anyProtocol) return this.#client;
			if (state.kind === 'handover' && state.busy) throw new SemanticaError('DRAINING', BUSY);
			if (state.kind === 'failed' || state.kind === 'outdated') throw state.error;
			if (state.kind === 'stopped') throw new SemanticaError('SYSTEM', STOPPED);
			return undefined;
		});
		return withDeadline(settled, 45_000, NOT_READY);
	}

	#hooks(lifetime: Lifetime): RpcClientHooks {
		// Events of a client that was stopped meanwhile belong to nobody.
		const current = () => lifetime === this.#lifetime;
		let handshake: NodeJS.Timeout | undefined;
		let socket: Socket | undefined;
		lifetime.own({
			dispose: () => {
				clearTimeout(handshake);
				socket?.destroy();
			},
		});
		const giveUp = (error: Error) => {
			clearTimeout(handshake);
			if (current()) {
				this.#unfit = true;
				this.#lost({ type: 'openFailed', error });
			}
			socket?.destroy();
		};
		return {
			open: async () => {
				const opened = await this.#open(current);
				socket = opened.socket;
				handshake = setTimeout(() => giveUp(silent()), this.#ports.handshakeMs ?? 10_000);
				return opened;
			},
			refused: giveUp,
			ready: (server) => {
				clearTimeout(handshake);
				if (!current()) return;
				const own = this.#ports.build();
				const relation = own === undefined ? 'same' : relationOf(compareBuilds(server, own));
				const at = Date.now();
				if (!speaksOtherwise(server)) this.#dispatch({ type: 'ready', server, relation, at });
				else if (own !== undefined && relation === 'newer') giveUp(outdatedError(own, server));
				else this.#dispatch({ type: 'handover', server, at });
				if (relation !== 'newer') void this.#makeWay(server);
			},
			closed: () => {
				clearTimeout(handshake);
				if (current()) this.#lost({ type: 'closed', at: Date.now() });
			},
			lost: (method) => new ConnectionLost(`${method}: the connection closed before the answer`),
			notified: (method, params) => {
				if (current()) this.#ports.notifications.emit({ method, params });
			},
		};
	}

	/** Has a daemon leave for a newer build, or for one whose Node is there. */
	async #makeWay(server: ServerIdentity): Promise<void> {
		const state = this.#state;
		try {
			const [reason, client] = await Promise.all([this.#ports.successor(server), this.#client]);
			// It may have left meanwhile, as others ask it too.
			if (reason === undefined || client === undefined || this.#state !== state) return;
			const drain = (params: ParamsInput<'system/drain'>) =>
				client.request('system/drain', params) as Promise<Result<'system/drain'>>;
			const running = await askToMakeWay(drain, reason);
			this.#ports.log(`The daemon ${server.version} was asked to make way; ${running} running.`);
			if (running > 0) this.#dispatch({ type: 'busy' });
		} catch (error) {
			this.#ports.log(`The daemon was not asked to make way: ${errorMessage(error)}`);
		}
	}

	/** Resolves with a socket, however long that takes; stays pending for ever after a stop. */
	async #open(current: () => boolean): Promise<OpenedSocket> {
		while (current()) {
			await until(this, ({ kind }) => kind === 'starting' || kind === 'reconnecting' || undefined);
			if (this.#state.kind === 'reconnecting') {
				await delay(backoffMs(this.#state.failures, (this.#ports.random ?? Math.random)()));
			}
			if (!current()) break;
			// It was between two connections, and could not be told.
			if (this.#state.kind === 'reconnecting' && !this.#used && this.#ports.stoppedByPerson()) {
				this.leave();
				void this.stop();
				break;
			}
			try {
				const found = this.#found;
				this.#found = undefined;
				const opened = found ?? (await this.#ports.open());
				if (current()) return opened;
				opened.socket.destroy();
			} catch (error) {
				this.#ports.log(`Connecting failed: ${errorMessage(error)}`);
				if (!current()) break;
				this.#dispatch({
					type: 'openFailed',
					error: error instanceof Error ? error : new Error(String(error)),
				});
			}
		}
		return new Promise(() => {});
	}

	#lost(event: LinkEvent): void {
		this.#used = false;
		if (this.#guest) void this.stop();
		else this.#dispatch(event);
	}

	#dispatch(event: LinkEvent): void {
		const before = this.#state;
		this.#state = transition(before, event);
		if (this.#state === before) return;
		const took = performance.now() - this.#since;
		this.#since = performance.now();
		this.#ports.log(
			`Connection: ${before.kind} → ${this.#state.kind} after ${Math.round(took)} ms`,
		);
		this.#changes.emit(this.#state);
	}
}

function relationOf(order: number): Relation {
	if (order === 0) return 'same';
	return order > 0 ? 'newer' : 'older';
}

const BUSY =
	'The Semantica daemon is of an older version that still runs jobs. ' +
	'It makes way when they have ended; Semantica: Restart Daemon interrupts them.';
const LEFT = 'The Semantica daemon was stopped. Semantica: Start Daemon starts it again.';
const STOPPED = 'Semantica was stopped before the daemon answered. Run the command again.';

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
