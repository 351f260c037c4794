/** `run_job` with `on` or `pool`: what another machine is asked for. */
import type { JobSpecInput } from '../../../../shared/job.ts';
import type { ParamsInput } from '../../../../shared/protocol/requests.ts';
import { given } from '../../parse/given.ts';
import type { ToolArguments } from './arguments.ts';
import { ToolError } from './context.ts';

type Arguments = ToolArguments<'run_job'>;
type Sending = ParamsInput<'job/send'>['jobs'][number];

export const isElsewhere = ({ on, pool }: Arguments): boolean =>
	on !== undefined || pool !== undefined;

/** What means something here only, by its argument. */
const STAYS = ['tag', 'queue', 'serves'] as const;

/** @throws ToolError for what does not go together */
export function assertOptions(args: Arguments): void {
	const { on, pool, start_when: start } = args;
	if (on !== undefined && pool !== undefined) throw new ToolError('on: give either on or pool.');
	if (!isElsewhere(args)) {
		for (const name of ['place', 'recipe'] as const) {
			if (args[name] !== undefined) throw new ToolError(`${name}: it goes with on or pool.`);
		}
		return;
	}
	for (const name of STAYS) {
		if (args[name] === undefined) continue;
		throw new ToolError(`${name}: it does not go with on or pool; leave it out.`);
	}
	if (start?.after !== undefined || start?.event !== undefined) {
		throw new ToolError(
			'start_when: after and event mean this machine; leave them out with on or pool.',
		);
	}
	if (args.subject !== undefined && args.on_newer !== 'queue') {
		throw new ToolError(
			'on_newer: on other machines jobs of a subject wait for each other and replace none; give "queue".',
		);
	}
	if (args.recipe !== undefined && (typeof args.command === 'string' || args.shell)) {
		throw new ToolError('command: with recipe give an array of NAME=VALUE words.');
	}
}

/** @param spec As it would run here. @param folder What it belongs to, resolved. */
export function sendingOf(args: Arguments, spec: JobSpecInput, folder: string): Sending {
	const { on, pool, place, recipe } = args;
	const { surroundings: _, supersede: __, command, constraints, ...rest } = spec;
	const target = given({ on, pool, place, folder });
	const { power, idle } = constraints ?? {};
	const own = { ...rest, constraints: given({ power, idle }) };
	if (recipe !== undefined) {
		const words = Array.isArray(args.command) ? args.command : [];
		return { ...target, folder, spec: own, recipe: { name: recipe, values: valuesOf(words) } };
	}
	const { cwd: ___, ...there } = command ?? { command: '' };
	// Programs are found by the PATH of the machine that runs it.
	const named = Object.entries(args.env ?? {}).filter(([name]) => name.toUpperCase() !== 'PATH');
	const env = Object.fromEntries(named);
	return { ...target, folder, spec: { ...own, command: { ...there, env } } };
}

function valuesOf(words: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		words.map((word) => {
			const equals = word.indexOf('=');
			if (equals < 1) throw new ToolError(`command: "${word}" is no NAME=VALUE of the recipe.`);
			return [word.slice(0, equals), word.slice(equals + 1)];
		}),
	);
}
