/** Requests about hooks, and how they name a folder. */
import type { Params, Result } from '../../shared/protocol/requests.ts';
import { canonicalName } from './folderNames.ts';

/** What the instance room offers to clients. */
export interface HooksRequests {
	list(): Result<'hooks/list'>;
	update(params: Params<'hooks/update'>): Result<'hooks/update'>;
}

/** Its jobs name their folder so. */
export async function canonicalHooks({
	add,
	remove,
}: Params<'hooks/update'>): Promise<Params<'hooks/update'>> {
	const placed = add.map(async ({ filter, ...hook }) => {
		const workspace = await canonicalName(filter.workspace);
		return { ...hook, filter: workspace === undefined ? filter : { ...filter, workspace } };
	});
	return { add: await Promise.all(placed), remove };
}
