/** Leaving: everything is closed in order, and a successor started where one is to take over. */
import { HANDED_OVER, prepareSuccessor, SERVICE_VARIABLE } from '../../shared/client/launch.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Draining } from '../../shared/protocol/draining.ts';
import type { StateFile } from '../../shared/protocol/requests.ts';
import { isStopOfPerson } from '../../shared/stopped.ts';
import type { Instance } from '../instance/compose.ts';
import type { NodeProgram } from '../instance/node.ts';
import type { Doors } from './doors.ts';
import type { Engine } from './engine.ts';
import type { Store } from './store.ts';

/** Longer than that nothing that closes is waited for. */
const LEFT_WITHIN_MS = 15_000;

export interface LeavingOptions {
	readonly instance: Instance;
	readonly state: StateFile;
	readonly node: NodeProgram;
	readonly store: Store;
	readonly engine: Engine;
	readonly doors: Doors;
}

/** Ends the process. */
export async function leave(options: LeavingOptions, draining: Draining | null): Promise<void> {
	const { instance, state, node, store, engine, doors } = options;
	const { paths, warn } = instance;
	const isService = process.env[SERVICE_VARIABLE] === '1';
	const handover = draining?.mode === 'handover';
	if (isStopOfPerson(draining?.reason)) instance.stoppedByPerson();
	instance.leaving();
	let successor: (() => void) | undefined;
	const prepare = async () => {
		successor = await prepareSuccessor(paths, node.path(), process.env);
	};
	// Whoever comes next starts it otherwise.
	const prepared = handover && !isService ? prepare() : Promise.resolve();
	const failed = (error: unknown) => warn(`While leaving: ${errorMessage(error)}`);
	prepared.catch(failed);
	let left = false;
	/** In one turn: nobody has the folder while something of it is still being done here. */
	function farewell(): void {
		if (left) return;
		left = true;
		for (const step of [() => instance.leave(state), () => successor?.()]) {
			try {
				step();
			} catch (error) {
				failed(error);
			}
		}
	}
	setTimeout(() => {
		warn('Something would not close: leaving all the same.');
		farewell();
		// Node would wait for its threads.
		process.kill(process.pid, 'SIGKILL');
	}, LEFT_WITHIN_MS);
	engine.scheduling.loop.stop();
	doors.server.stopListening();
	const steps = [
		() => engine.fleet.close(),
		() => doors.metricsPort.close(),
		() => doors.metrics.close(),
		() => engine.indexing.service.close(),
		() => engine.indexing.inputs.close(),
		() => store.logSearch.close(),
		() => store.readiness.close(),
		() => store.problems.close(),
		() => engine.payloadMaintenance.stop(),
		() => engine.events.settle(),
		() => engine.workers.close(),
		() => engine.notifying.close(),
		() => engine.queue.close(),
		() => doors.server.close(),
		() => doors.largeMessages.close(),
		() => engine.containment.close(),
		() => store.db.close(),
		() => prepared.catch(() => {}),
	];
	// What one of them cannot do, on a full disk, must not keep the others from it.
	for (const step of steps) {
		try {
			await step();
		} catch (error) {
			failed(error);
		}
	}
	farewell();
	instance.end(handover && isService ? HANDED_OVER : 0);
}
