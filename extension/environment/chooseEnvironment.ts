/** Which environment the jobs of a folder have, beside the editor's PATH: none, or that of a terminal as a person saw it. */
import { env, l10n, type QuickPickItem, window } from 'vscode';
import { plainLabel } from '../plainLabel.ts';
import type { KeptEnvironment, KeptEnvironments } from './kept.ts';
import { takeEnvironment } from './terminal.ts';
import { looksSecret, shownValue, type Variables } from './variables.ts';

/** Of more variables, only that there are more. */
const NAMED = 8;

export interface PlaceOfJobs {
	/** Where they run. */
	readonly path: string;
	/** By which it is kept. */
	readonly key: string;
	/** What a person calls it. */
	readonly name: string;
}

/** @throws SemanticaError where the terminal does not say its environment. */
export async function chooseEnvironment(kept: KeptEnvironments, place: PlaceOfJobs): Promise<void> {
	const before = kept.of(place.key);
	const take = {
		label:
			before === undefined ? l10n.t('Take from a Terminal…') : l10n.t('Take Anew from a Terminal…'),
		detail: l10n.t('Opens one in {0}. You see what it has before any of it is kept.', place.path),
	};
	const change = {
		label: l10n.t('Show and Choose Variables…'),
		detail: before === undefined ? '' : keptText(before),
	};
	const drop = {
		label: l10n.t('Only the Editor’s PATH'),
		detail: l10n.t('Forgets the variables that were taken.'),
	};
	const picked = await window.showQuickPick(before === undefined ? [take] : [change, take, drop], {
		title: l10n.t('Environment of Jobs in {0}', place.name),
		placeHolder: before === undefined ? l10n.t('They have the editor’s PATH') : keptText(before),
		ignoreFocusOut: true,
	});
	if (picked === drop) await kept.keep(place.key, undefined);
	if (picked === change && before !== undefined) {
		const variables = await choose(place, before.variables, () => true);
		if (variables !== undefined) await kept.keep(place.key, { ...before, variables });
	}
	if (picked !== take) return;
	const taken = await takeEnvironment(place.path);
	if (taken === undefined) return;
	// What a person let in before stays in, also where it looks secret.
	const isMeant = (name: string, value: string) =>
		!looksSecret(name, value) || before?.variables[name] !== undefined;
	const variables = await choose(place, taken, isMeant);
	if (variables !== undefined) await kept.keep(place.key, { takenAt: Date.now(), variables });
}

/** When it was taken and how much there is of it. */
export function keptText({ takenAt, variables }: KeptEnvironment): string {
	const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
	const time = new Date(takenAt).toLocaleString(env.language, style);
	const count = Object.keys(variables).length;
	return count === 1
		? l10n.t('1 variable of a terminal, taken {0}', time)
		: l10n.t('{0} variables of a terminal, taken {1}', count, time);
}

/** The first of them by name, for who is about to run something with them. */
export function namesText({ variables }: KeptEnvironment): string {
	const names = Object.keys(variables);
	return [...names.slice(0, NAMED), ...(names.length > NAMED ? ['…'] : [])].join(', ');
}

/** Undefined when the person changed their mind. */
async function choose(
	{ name }: PlaceOfJobs,
	variables: Variables,
	isMeant: (name: string, value: string) => boolean,
): Promise<Variables | undefined> {
	const items = Object.entries(variables).map(
		([variable, value]): QuickPickItem & { readonly variable: string } => ({
			variable,
			label: variable,
			picked: isMeant(variable, value),
			description: plainLabel(shownValue(variable, value)),
		}),
	);
	const picked = await window.showQuickPick(items, {
		title: l10n.t('Environment of Jobs in {0}', name),
		placeHolder: l10n.t('Choose what jobs have; what looks secret is left out at first'),
		canPickMany: true,
		matchOnDescription: false,
		ignoreFocusOut: true,
	});
	if (picked === undefined) return undefined;
	return Object.fromEntries(picked.map(({ variable }) => [variable, variables[variable] ?? '']));
}
