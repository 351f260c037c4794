/** One queue's client in a process of its own: what it does wrong, and what it costs, is its own. */
import { reason } from '../reason.ts';
import type { Opening, Outcome, QueueSystem, SystemName, Task } from './system.ts';
import { createPerformer } from './tasks.ts';

type Opener = (opening: Opening) => Promise<QueueSystem>;

/** Each alone: what the others load is not to be measured with it. */
const OPENERS: Readonly<Record<SystemName, () => Promise<Opener>>> = {
	semantica: async () => (await import('./semantica.ts')).openSemantica,
	'semantica-functions': async () =>
		(await import('./semanticaFunctions.ts')).openSemanticaFunctions,
	engine: async () => (await import('./engine.ts')).openEngineAlone,
	bullmq: async () => (await import('./bullmq.ts')).openBullmq,
	'bullmq-postgres': async () => (await import('./bullmq.ts')).openBullmqOnPostgres,
	'shared-queue': async () => (await import('./sharedQueue.ts')).openSharedQueue,
	'graphile-worker': async () => (await import('./graphileWorker.ts')).openGraphileWorker,
	'pg-boss': async () => (await import('./pgBoss.ts')).openPgBoss,
};

/** The last word on a task. */
export type Reply = { readonly outcome: Outcome } | { readonly failure: string };

let perform: ((task: Task) => Promise<Outcome>) | undefined;

async function handle(message: Opening | Task): Promise<Outcome> {
	if ('do' in message) {
		if (perform === undefined) throw new Error('Nothing was opened.');
		return perform(message);
	}
	const open = await OPENERS[message.system]();
	perform = createPerformer({ ...message, system: await open(message) });
	return { values: {} };
}

process.on('message', (message: Opening | Task) => {
	handle(message).then(
		(outcome) => process.send?.({ outcome } satisfies Reply),
		(error: unknown) => {
			process.send?.({ failure: reason(error) } satisfies Reply);
		},
	);
});
process.on('disconnect', () => process.exit());
