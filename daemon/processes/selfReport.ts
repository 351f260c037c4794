/** What a run says of itself while it runs, without its secrets. */
import type { AskedAgain, Progress } from '../../shared/job.ts';
import type { Masks } from './masks.ts';
import type { Messages } from './output.ts';
import type { Runner } from './runner.ts';

export interface SelfReportPorts {
	readonly id: string;
	readonly run: number;
	readonly masks: Masks;
	readonly runner: Pick<Runner, 'keepResult' | 'keepAgain'>;
	readonly progress: (id: string, progress: Progress) => void;
	/** JSON text. */
	readonly checkpoint: (id: string, run: number, json: string) => void;
	readonly ready: () => void;
	/** JSON text. */
	readonly ask: (json: string) => void;
}

export interface SelfReport {
	messages(problem: Messages['problem']): Messages;
	/** JSON text of the last one. */
	result(): string | undefined;
	again(): AskedAgain | undefined;
}

export function createSelfReport(ports: SelfReportPorts): SelfReport {
	const { id, run, masks, runner } = ports;
	let result: string | undefined;
	let again: AskedAgain | undefined;
	return {
		messages: (problem) => ({
			progress({ message, ...progress }) {
				const shown = message === undefined ? {} : { message: masks.text(message) };
				ports.progress(id, { ...progress, ...shown });
			},
			result(json) {
				result = masks.json(json);
				runner.keepResult(id, run, result);
			},
			again(asked) {
				again = asked;
				runner.keepAgain(id, run, JSON.stringify(asked));
			},
			ready: ports.ready,
			// Only the job itself ever reads it, so it keeps its secrets.
			checkpoint: (json) => ports.checkpoint(id, run, json),
			ask: (json) => ports.ask(masks.json(json)),
			problem,
			mask: masks.add,
		}),
		result: () => result,
		again: () => again,
	};
}
