/** The machines and pools that a command may go to, and what of it makes sense there. */
import type { JobSpecInput } from '../../shared/job.ts';
import type { FleetStatus } from '../../shared/protocol/fleet.ts';
import type { ParamsInput } from '../../shared/protocol/requests.ts';
import type { Translate } from '../jobs/text/text.ts';

export type Submission = ParamsInput<'fleet/submit'>['jobs'][number];
export type Target = { readonly on: string } | { readonly pool: string };

export interface There {
	readonly place: NonNullable<Submission['place']>;
	readonly cwd?: string | undefined;
}

export type PlaceItem = {
	readonly label: string;
	readonly description?: string;
	readonly detail?: string;
	/** Absent for this machine. */
	readonly target?: Target;
};

export function placesOf({ machines }: Pick<FleetStatus, 'machines'>, t: Translate): PlaceItem[] {
	const others = machines.filter(({ self }) => !self);
	const pools = [...new Set(others.flatMap(({ pools }) => pools))].sort();
	return [
		{ label: t('This Machine') },
		...others.map(({ name, alive, labels, running }) => ({
			label: name,
			description: labels.join(' '),
			detail: alive
				? t('Is there; runs {0} of others', running)
				: t('Is not heard of; it takes the job when it is back'),
			target: { on: name },
		})),
		...pools.map((pool) => ({
			label: t('Pool {0}', pool),
			description: others
				.filter(({ pools }) => pools.includes(pool))
				.map(({ name }) => name)
				.join(', '),
			detail: t('Whichever of these is free'),
			target: { pool },
		})),
	];
}

/** What of it makes sense elsewhere: programs are found by the PATH of the machine that runs it. */
export function portable(
	spec: JobSpecInput,
	{ place, cwd }: There,
): Pick<Submission, 'spec' | 'place'> {
	const { command, args, shell } = spec.command ?? { command: '' };
	return {
		place,
		spec: {
			type: 'command',
			title: spec.title,
			notify: 'failed',
			command: { command, args, shell, ...(cwd === undefined ? {} : { cwd }) },
		},
	};
}
