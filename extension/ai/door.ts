/**
 * The editor's own agents reach Semantica by one door at a time, or by none: both would show a model the same tools
 * twice. Only where the workspace is trusted.
 */
import { workspace } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { onDidChangeSetting, setting } from '../settings.ts';
import { offerServer, type ServerPorts } from './server.ts';

export interface DoorPorts extends ServerPorts {
	/** The names in package.json. */
	readonly tools: readonly { readonly name: string }[];
	readonly log: (message: string) => void;
}

export function openDoor(ports: DoorPorts): Disposable {
	const lifetime = new Lifetime();
	let door = new Lifetime();
	let open: unknown;

	function choose(): void {
		const wanted = workspace.isTrusted ? setting('aiDoor') : undefined;
		if (wanted === open) return;
		open = wanted;
		door.dispose();
		door = new Lifetime();
		if (wanted === 'mcp') door.own(offerServer(ports));
		if (wanted === 'tools') registerTools(door);
	}

	/** Its code is read where it is the door. */
	function registerTools(own: Lifetime): void {
		import('./languageTools.ts')
			.then(({ offerTools }) => own.own(offerTools(ports)))
			.catch((error: unknown) => ports.log(`Offering the tools: ${errorMessage(error)}`));
	}

	lifetime.own(workspace.onDidGrantWorkspaceTrust(choose));
	lifetime.own(onDidChangeSetting(['aiDoor'], choose));
	lifetime.own({ dispose: () => door.dispose() });
	choose();
	return lifetime;
}
