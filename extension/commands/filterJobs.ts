/** One field for all that narrows the view: what is typed is looked for at once, what is chosen is switched. */
import { l10n, type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import { type JobsFilter, KINDS, NO_WISH, SORTS, type Wish } from '../jobs/filter/filter.ts';
import { kindText, sortText } from '../jobs/filter/text.ts';
import { Coalescer } from '../lifetime.ts';
import type { CommandBody } from './register.ts';

interface Choice extends QuickPickItem {
	/** Undefined: done. */
	readonly wish?: (now: Wish) => Partial<Wish>;
}

const TYPED_MS = 150;

export function filterJobs(filter: JobsFilter): CommandBody {
	return async () => {
		const pick = window.createQuickPick<Choice>();
		pick.title = l10n.t('Filter Jobs');
		pick.placeholder = l10n.t('Part of a title, a type, a tag or an id');
		pick.value = filter.wish.text;
		const show = () => {
			const active = pick.activeItems[0]?.label.replace(/^\S+ /, '');
			pick.items = choices(filter.wish);
			const again = pick.items.find(({ label }) => label.replace(/^\S+ /, '') === active);
			if (again !== undefined) pick.activeItems = [again];
		};
		const typed = new Coalescer(TYPED_MS, () => filter.change({ text: pick.value.trim() }));
		pick.onDidChangeValue(() => typed.schedule());
		pick.onDidAccept(() => {
			const [choice] = pick.activeItems;
			if (choice?.wish === undefined) {
				filter.change({ text: pick.value.trim() });
				pick.hide();
				return;
			}
			filter.change(choice.wish(filter.wish));
			if (choice.label.includes('$(clear-all)')) pick.value = '';
			show();
		});
		show();
		const [first] = pick.items;
		if (first !== undefined) pick.activeItems = [first];
		await new Promise<void>((resolve) => {
			pick.onDidHide(() => resolve());
			pick.show();
		});
		typed.dispose();
		// What was typed last may not have been looked for yet.
		filter.change({ text: pick.value.trim() });
		pick.dispose();
	};
}

function choices(now: Wish): Choice[] {
	const heading = (label: string): Choice => ({ label, kind: QuickPickItemKind.Separator });
	// Headings go as soon as something is typed.
	const box =
		(of: string) =>
		(isOn: boolean, label: string, wish: Required<Choice>['wish']): Choice => ({
			label: `${isOn ? '$(check)' : '$(blank)'} ${label}`,
			description: of,
			alwaysShow: true,
			wish,
		});
	const state = box(l10n.t('state'));
	const where = box(l10n.t('folders'));
	const order = box(l10n.t('order'));
	return [
		{ label: `$(filter) ${l10n.t('Show These Jobs')}`, alwaysShow: true },
		heading(l10n.t('States')),
		...KINDS.map((kind) =>
			state(now.kinds.includes(kind), kindText(l10n.t, kind), ({ kinds }) => ({
				kinds: KINDS.filter((one) => kinds.includes(one) !== (one === kind)),
			})),
		),
		heading(l10n.t('Workspaces')),
		where(!now.everywhere, l10n.t('This Workspace'), () => ({ everywhere: false })),
		where(now.everywhere, l10n.t('All Workspaces'), () => ({ everywhere: true })),
		heading(l10n.t('Order of What Is Listed')),
		...SORTS.map((sort) => order(now.sort === sort, sortText(l10n.t, sort), () => ({ sort }))),
		heading(''),
		{
			label: `$(clear-all) ${l10n.t('Clear Filter')}`,
			alwaysShow: true,
			wish: () => NO_WISH,
		},
	];
}
