/** What a shared job asks of the machine that takes it, judged here and now: the database knows nothing of it. */
import * as z from 'zod';
import type { Rule } from './membership.ts';

/** A field that this version does not know makes it one that is not satisfied here. */
export const needSchema = z.strictObject({
	/** Whose key signs it. */
	signer: z.string().max(64),
	kind: z.enum(['command', 'recipe']),
	/** The id of one machine, or a pool. */
	on: z.string().max(64).optional(),
	pool: z.string().max(64).optional(),
	recipe: z.string().max(64).optional(),
	shell: z.literal(true).optional(),
	secrets: z.array(z.string().max(128)).max(20).optional(),
	repo: z.string().max(500).optional(),
	commit: z.string().max(64).optional(),
	power: z.literal('ac').optional(),
	minBattery: z.int().optional(),
	idle: z.literal(true).optional(),
});
export type Need = z.output<typeof needSchema>;

export interface Judging {
	readonly me: string;
	readonly rules: readonly Rule[];
	readonly recipes: Readonly<Record<string, unknown>>;
	readonly secrets: Readonly<Record<string, string>>;
	/** The conditions of the machine hold at this moment. */
	readonly met: (set: { power: 'any' | 'ac'; minBattery: number | null; idle: boolean }) => boolean;
	/** Whether exactly this commit is checked out there, and nothing changed. */
	readonly isAt: (folder: string, commit: string) => Promise<boolean>;
}

/** The rule that lets work with this need run here; undefined where none does, or the machine is not ready for it. */
export async function ruleFor(spec: unknown, judging: Judging): Promise<Rule | undefined> {
	const parsed = needSchema.safeParse(spec);
	if (!parsed.success) return undefined;
	const need = parsed.data;
	const rule = judging.rules.find((one) => allows(one, need, judging));
	if (rule === undefined) return undefined;
	const { power = 'any', minBattery = null, idle = false, commit } = need;
	if (
		(power === 'ac' || minBattery !== null || idle) &&
		!judging.met({ power, minBattery, idle })
	) {
		return undefined;
	}
	const folder = rule.repos.find(({ repo }) => repo === need.repo)?.folder;
	if (commit !== undefined && !(folder !== undefined && (await judging.isAt(folder, commit)))) {
		return undefined;
	}
	return rule;
}

function allows(rule: Rule, need: Need, { me, recipes, secrets }: Judging): boolean {
	if (rule.key !== need.signer) return false;
	if ((need.on === undefined) === (need.pool === undefined)) return false;
	if (need.on !== undefined && need.on !== me) return false;
	if (need.pool !== undefined && !rule.pools.includes(need.pool)) return false;
	if (need.kind === 'command' && !rule.commands) return false;
	if (need.shell === true && !rule.shell) return false;
	if (need.kind === 'recipe') {
		const { recipe } = need;
		if (recipe === undefined || !rule.recipes.includes(recipe) || !Object.hasOwn(recipes, recipe)) {
			return false;
		}
	}
	if (need.secrets?.some((name) => !rule.secrets.includes(name) || !Object.hasOwn(secrets, name))) {
		return false;
	}
	return need.repo === undefined || rule.repos.some(({ repo }) => repo === need.repo);
}
