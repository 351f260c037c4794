/** On which machine a command runs: asked only where this one has joined a shared queue. */
import { randomUUID } from 'node:crypto';
import { l10n, type QuickPickItem, window } from 'vscode';
import type { JobSpecInput } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { isUnknownMethod } from '../connection/unknownMethod.ts';
import { checkoutOf } from './checkout.ts';
import { placesOf, portable, type Submission, type There } from './places.ts';

/** The id of the job that another machine was asked for; undefined when the person changed their mind. */
export async function runElsewhere(
	link: Pick<Link, 'request'>,
	spec: JobSpecInput,
): Promise<{ readonly id: string } | 'here' | undefined> {
	const status = await link.request('fleet/status', {}).catch((error: unknown) => {
		// A daemon of an older build knows of no other machines.
		if (isUnknownMethod(error)) return undefined;
		throw error;
	});
	if (status?.joined !== true) return 'here';
	const picked = await window.showQuickPick(
		placesOf(status, (message, ...args) => l10n.t(message, ...args)),
		{
			title: l10n.t('Where?'),
			placeHolder: l10n.t('The machine that runs it'),
			ignoreFocusOut: true,
		},
	);
	if (picked?.target === undefined) return picked && 'here';
	const there = await askForFolder(spec.command?.cwd);
	if (there === undefined) return undefined;
	return submit(link, { ...picked.target, ...portable(spec, there) });
}

/** The daemon keeps it until the shared queue has it. */
async function submit(link: Pick<Link, 'request'>, job: Submission): Promise<{ id: string }> {
	const spec = { ...job.spec, key: randomUUID() };
	const { jobs } = await link.request('fleet/submit', { jobs: [{ ...job, spec }] });
	const [made] = jobs;
	if (made === undefined) throw new Error('The daemon accepted the job but did not name it.');
	return made;
}

async function askForFolder(cwd: string | undefined): Promise<There | undefined> {
	const checkout = cwd === undefined ? undefined : await checkoutOf(cwd);
	const items: (QuickPickItem & There)[] = [
		{
			label: l10n.t('An Empty Folder'),
			detail: l10n.t('It goes with the job.'),
			place: { kind: 'scratch' },
		},
		{ label: l10n.t('The Home Folder There'), place: { kind: 'home' } },
	];
	if (checkout !== undefined) {
		items.unshift({
			label: l10n.t('Its Checkout of {0}', checkout.repo),
			detail: l10n.t('As it stands there, if it offers one. Nothing of this folder is sent.'),
			place: { kind: 'repo', repo: checkout.repo },
			cwd: checkout.inside,
		});
	}
	return window.showQuickPick(items, {
		title: l10n.t('In Which Folder?'),
		ignoreFocusOut: true,
	});
}
