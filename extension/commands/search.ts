import type { SearchOnDemand } from '../search/onDemand.ts';
import type { CommandBody } from './register.ts';

export function search(onDemand: SearchOnDemand): CommandBody {
	return async (target) => (await onDemand.faces()).search(target);
}
