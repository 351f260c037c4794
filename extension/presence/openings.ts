/** Tells that this window opened folders, in which AI tools may work from then on; where no daemon runs yet, the first one that is met hears of it. */
import { pathToFileURL } from 'node:url';
import type { Link } from '../connection/link.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import { EVENTS } from './events.ts';

export class Openings implements Disposable {
	readonly #link: Pick<Link, 'tell' | 'onDidChange'>;
	readonly #isOpen: (folder: string) => boolean;
	readonly #lifetime = new Lifetime();
	readonly #untold = new Set<string>();

	constructor(link: Pick<Link, 'tell' | 'onDidChange'>, isOpen: (folder: string) => boolean) {
		this.#link = link;
		this.#isOpen = isOpen;
		this.#lifetime.own(
			link.onDidChange((state) => {
				if (state.kind === 'connected') void this.tell([...this.#untold].filter(this.#isOpen));
			}),
		);
	}

	/** @param folders Their paths. */
	async tell(folders: readonly string[]): Promise<void> {
		for (const folder of folders) {
			const workspace = pathToFileURL(folder).href;
			this.#untold.delete(folder);
			await this.#link.tell('ai/folder', { root: folder });
			if (await this.#link.tell('event/emit', { name: EVENTS.opened, workspace })) continue;
			this.#untold.add(folder);
		}
	}

	dispose(): void {
		this.#lifetime.dispose();
	}
}
