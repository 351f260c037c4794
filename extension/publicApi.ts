/** What other extensions are given: the client for programs, which this window's daemon answers. Read on first use. */
import type { Client } from '../sdk/api.ts';
import { openClient } from '../sdk/open.ts';

export interface PublicApiPorts {
	/** Where the bundles of this build stand. */
	readonly distFolder: string;
	readonly home: () => string;
}

/** @param name What its jobs say of who asked. */
export function connectFor(name: string, { distFolder, home }: PublicApiPorts): Promise<Client> {
	return openClient({ client: name, home: home(), distFolder });
}
