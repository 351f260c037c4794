/** `semantica/client`: jobs from a program, and functions of it as jobs (docs/sdk.md). */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, ConnectOptions } from './api.ts';
import { openClient } from './open.ts';

/** @throws an Error with a sentence where no daemon can be reached or started. */
export function connect({ name = 'node', home }: ConnectOptions = {}): Promise<Client> {
	const distFolder = dirname(fileURLToPath(import.meta.url));
	return openClient({ client: name, home, distFolder });
}
