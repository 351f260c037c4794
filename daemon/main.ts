/** The daemon: one of a data folder comes up, serves, and leaves. composition/ puts it together from every room. */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { removeOldBuilds } from '../shared/client/builds.ts';
import { errorMessage, SemanticaError } from '../shared/errors.ts';
import { isOutdated } from '../shared/outdated.ts';
import { dataFolder } from '../shared/paths.ts';
import { createDoors, type Doors } from './composition/doors.ts';
import { startEngine } from './composition/engine.ts';
import { leave } from './composition/leaving.ts';
import { openStore } from './composition/store.ts';
import { type Instance, openInstance } from './instance/compose.ts';
import { isNotWritable, notWritable } from './instance/files.ts';
import { createNodeProgram } from './instance/node.ts';
import { sayReady } from './instance/ready.ts';
import { ignoreMeaninglessSignals } from './instance/signals.ts';
import { makeUsual, type Surroundings } from './instance/surroundings.ts';
import { collectGarbage, whenQuiet } from './native/collect.ts';
import { createContainment } from './processes/platform.ts';
import { closeInheritedDescriptors } from './processes/posix/descriptors.ts';
import { systemClock } from './queue/ports/clock.ts';
import { isDamage } from './sqlite/damage.ts';
import { assertNodeRunsSqlite } from './sqlite/open.ts';

const clock = systemClock;
/** By then who caused the start has been served. */
const SETTLED_MS = 1000;

async function main(): Promise<void> {
	ignoreMeaninglessSignals();
	assertNodeRunsSqlite(process.versions);
	closeInheritedDescriptors();
	const surroundings = makeUsual();
	const instance = openInstance(clock);
	if (instance !== undefined) await serve(instance, surroundings);
}

async function serve(instance: Instance, surroundings: Surroundings): Promise<void> {
	const { paths, warn } = instance;
	for (const problem of surroundings.problems) warn(problem);
	const node = createNodeProgram({
		own: process.execPath,
		image: process.platform === 'linux' ? `/proc/${process.pid}/exe` : undefined,
	});
	const containing = createContainment({
		home: paths.home,
		statusFolder: paths.statusFolder,
		nativeFolder: instance.nativeFolder,
		instance: instance.id,
		cgroups: instance.settings.values.cgroups,
		terminals: {
			node: node.path,
			entry: join(instance.dist, 'terminal.js'),
			binary: join(instance.nativeFolder, `pty-${process.platform}-${process.arch}.node`),
		},
		warn,
	});
	// On Windows a service or the next client makes up for what was missed.
	const staysForSchedules = process.platform !== 'win32';
	const common = { instance, clock, node, staysForSchedules };

	const store = openStore(instance, clock);
	const engine = await startEngine({
		...common,
		store,
		containing,
		fires: () => doors.lifecycle.draining === null,
		workloadChanged: () => doors.lifecycle.workloadChanged(),
	});
	const state = await instance.describe();
	const doors: Doors = createDoors({
		...common,
		state,
		surroundings,
		store,
		engine,
		leave: (draining) => void leave({ instance, state, node, store, engine, doors }, draining),
	});

	const { lifecycle, server } = doors;
	const { loop } = engine.scheduling;
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.on(signal, () => lifecycle.drain({ mode: 'stop', reason: signal, timeoutMs: 0 }));
	}
	await server.listen();
	await doors.metricsPort.settingsChanged();
	instance.announce(state, { listenAnew: () => server.listenAnew(), mended: () => loop.wake() });
	lifecycle.workloadChanged();
	loop.wake();
	doors.housekeeping.begin(instance.endedUncleanly);
	engine.payloadMaintenance.start();
	engine.reserve.begin();
	engine.fleet.begin();
	// Otherwise kept at an orderly end only, and not every daemon gets one.
	flushCompileCache();
	setTimeout(() => {
		removeOldBuilds(paths, state).catch((error: unknown) =>
			warn(`Old builds in ${paths.bin} could not be removed: ${errorMessage(error)}.`),
		);
	}, SETTLED_MS).unref();
	// Of some 75 MB about 6 are what the start left behind, which an idle V8 keeps.
	whenQuiet(SETTLED_MS, () => collectGarbage({ type: 'major', flavor: 'last-resort' }));
}

function whyNotStarted(error: unknown): string {
	if (error instanceof SemanticaError) return error.message;
	if (isNotWritable(error)) return notWritable(dataFolder(process.env), error).message;
	console.error(error);
	return `The Semantica daemon could not start: ${errorMessage(error)}.`;
}

main().catch((error: unknown) => {
	// To whoever catches what nobody else does, who knows the way out of it.
	if (isDamage(error)) throw error;
	sayReady({ error: whyNotStarted(error), ...(isOutdated(error) ? { outdated: true } : {}) });
	process.exit(1);
});
