/** The hooks in config.json: commands that run when jobs end (docs/design.md section 3). */
import * as z from 'zod';
import { SemanticaError } from '../../shared/errors.ts';
import { shownCommand } from '../../shared/job.ts';
import { LIMITS } from '../../shared/jobTerms.ts';
import { type Hook, newHookSchema } from '../../shared/protocol/hooks.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Config } from './config.ts';

/** One that a person wrote into the file needs no number. */
const storedSchema = z
	.array(newHookSchema.extend({ n: z.int().min(1).optional() }))
	.max(LIMITS.hooks)
	.refine(
		(hooks) => {
			const numbers = hooks.map(({ n }) => n).filter((n) => n !== undefined);
			return new Set(numbers).size === numbers.length;
		},
		{ error: 'two hooks have the same "n"' },
	);

export interface Hooks {
	readonly all: readonly Hook[];
	list(): Result<'hooks/list'>;
	/** @throws SemanticaError NOT_FOUND for a number that no hook has, CONFLICT where there are too many, or those in the file are not valid */
	update(params: Params<'hooks/update'>): Result<'hooks/update'>;
}

export function openHooks(config: Config, warn: (sentence: string) => void): Hooks {
	const parsed = storedSchema.safeParse(config.content.hooks ?? []);
	let all = numbered(parsed.success ? parsed.data : []);
	const problem = parsed.success
		? undefined
		: `The hooks in ${config.file} are not valid, so none runs: ${z.prettifyError(parsed.error)}`;
	if (problem !== undefined) warn(problem);

	const list = () => ({
		hooks: all.map(({ command, ...hook }) => ({ ...hook, command: shownCommand(command) })),
	});

	return {
		get all() {
			return all;
		},
		list,
		update({ add, remove }) {
			if (problem !== undefined) {
				throw new SemanticaError(
					'CONFLICT',
					`${problem}\nMend them there, or remove them, and restart the daemon.`,
				);
			}
			for (const [i, n] of remove.entries()) {
				if (all.some((hook) => hook.n === n)) continue;
				throw new SemanticaError(
					'NOT_FOUND',
					`There is no hook ${n}. "semantica hooks list" shows those that there are.`,
					{ path: `remove[${i}]` },
				);
			}
			const kept = all.filter(({ n }) => !remove.includes(n));
			const next = numbered([...kept, ...add]);
			if (next.length > LIMITS.hooks) {
				throw new SemanticaError(
					'CONFLICT',
					`There may be ${LIMITS.hooks} hooks at most. Remove some first.`,
					{ path: 'add' },
				);
			}
			config.write({ hooks: next });
			all = next;
			return { ...list(), added: next.slice(kept.length).map(({ n }) => n) };
		},
	};
}

/** Each keeps its number; a new one gets the next after all that there are. */
function numbered(
	hooks: readonly (Omit<Hook, 'n'> & { readonly n?: number | undefined })[],
): Hook[] {
	let last = Math.max(0, ...hooks.map(({ n }) => n ?? 0));
	return hooks.map((hook) => ({ ...hook, n: hook.n ?? ++last }));
}
