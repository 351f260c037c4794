import type { SearchOnDemand } from '../search/onDemand.ts';
import type { CommandBody } from './register.ts';

export function goToSymbol(onDemand: SearchOnDemand): CommandBody {
	return async () => (await onDemand.faces()).goToSymbol();
}
