import { canonicalFolder } from '../queue/intake/prepare.ts';

/** Lists and subscriptions name a folder as enqueue does; one that is gone keeps the name it was given. */
export async function canonicalName(workspace: string | undefined): Promise<string | undefined> {
	if (workspace === undefined) return undefined;
	return canonicalFolder(workspace).catch(() => workspace);
}
