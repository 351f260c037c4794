/** What jobs leave behind of their runs: one file that every run appends to, outside the daemon's reach. */
import type { JobSpecInput } from '../../../shared/job.ts';
import { Tail } from '../../support/tail.ts';

/** `parked` never comes due; `once` must not run again after an interruption, `again` may. */
export type Kind = 'parked' | 'once' | 'again';

const FAR_FUTURE = 4_000_000_000_000;

/**
 * `S id run pid` at the start, `E id run` at the end, `D id run` when another run of this job is alive: the
 * lock is the kernel's, so a killed run cannot leave it behind.
 */
const SCRIPT = `exec 9>>"$1/locks/$SEMANTICA_JOB_ID"
flock -n 9 || echo "D $SEMANTICA_JOB_ID $SEMANTICA_RUN $$" >>"$1/evidence"
echo "S $SEMANTICA_JOB_ID $SEMANTICA_RUN $$" >>"$1/evidence"
[ "$2" = 0 ] || sleep "$2"
echo "E $SEMANTICA_JOB_ID $SEMANTICA_RUN $$" >>"$1/evidence"`;

export function evidenceJob(
	folder: string,
	kind: Kind,
	seconds: number,
	more: Partial<JobSpecInput>,
): JobSpecInput {
	return {
		type: 'command',
		command: {
			command: '/bin/sh',
			args: ['-c', SCRIPT, 'job', folder, String(seconds)],
			cwd: folder,
		},
		restartable: kind === 'again',
		...(kind === 'parked' ? { runAt: FAR_FUTURE } : {}),
		...more,
	};
}

export interface Mark {
	readonly tag: 'S' | 'E' | 'D';
	readonly id: string;
	readonly run: number;
}

export class EvidenceReader {
	readonly #tail: Tail;

	constructor(folder: string) {
		this.#tail = new Tail(`${folder}/evidence`);
	}

	marks(): Mark[] {
		return this.#tail.lines().map((line) => {
			const [tag, id, run] = line.split(' ');
			if ((tag !== 'S' && tag !== 'E' && tag !== 'D') || id === undefined || run === undefined) {
				throw new Error(`The evidence holds a line that no job writes: ${line}`);
			}
			return { tag, id, run: Number(run) };
		});
	}
}
