/** What the view shows, in the words beside its title. */
import type { Translate } from '../text/text.ts';
import { rowTitle } from '../text/title.ts';
import type { Kind, Sort, Wish } from './filter.ts';

export function kindText(t: Translate, kind: Kind): string {
	const words: Record<Kind, string> = {
		running: t('Running'),
		waiting: t('Waiting'),
		failed: t('Failed'),
		succeeded: t('Succeeded'),
		cancelled: t('Cancelled'),
	};
	return words[kind];
}

export function sortText(t: Translate, sort: Sort): string {
	const words: Record<Sort, string> = {
		usual: t('As They Happen'),
		newest: t('Newest First'),
		longest: t('Longest Running First'),
		cost: t('Most CPU Time First'),
	};
	return words[sort];
}

/** Empty where all is as ever. */
export function filterText(t: Translate, { text, kinds, everywhere, sort }: Wish): string {
	const parts = [
		text === '' ? '' : `“${rowTitle(text)}”`,
		kinds.map((kind) => kindText(t, kind)).join(', '),
		everywhere ? t('All Workspaces') : '',
		sort === 'usual' ? '' : sortText(t, sort),
	];
	return parts.filter((part) => part !== '').join(' · ');
}
