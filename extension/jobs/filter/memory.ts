/** What of a wish is kept for the next day: where to look and in what order, not what was looked for. */
import type { Memento } from 'vscode';
import type { Disposable } from '../../lifetime.ts';
import { type JobsFilter, SORTS, type Wish } from './filter.ts';

const KEY = 'semantica.jobs.wish';

export function rememberedWish(memory: Pick<Memento, 'get'>): Partial<Wish> {
	const kept = memory.get<Record<string, unknown>>(KEY);
	const sort = SORTS.find((name) => name === kept?.['sort']);
	return { everywhere: kept?.['everywhere'] === true, ...(sort === undefined ? {} : { sort }) };
}

export function rememberWish(filter: JobsFilter, memory: Pick<Memento, 'update'>): Disposable {
	return filter.onDidChange(() => {
		const { everywhere, sort } = filter.wish;
		void memory.update(KEY, { everywhere, sort });
	});
}
