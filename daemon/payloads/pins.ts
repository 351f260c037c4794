/**
 * Who is busy with a payload file. A hash is pinned before anybody looks whether its file exists, and a file
 * is only ever removed while nobody has pinned it, so a file that was found stays.
 */
export class Pins {
	readonly #pinned = new Map<string, number>();
	readonly #leaving = new Map<string, Promise<void>>();
	/** Work on a pinned file that others with the same content share, as long as the pin lasts. */
	readonly #shared = new Map<string, Promise<number>>();

	pin(hash: Buffer): void {
		const key = hash.toString('hex');
		this.#pinned.set(key, (this.#pinned.get(key) ?? 0) + 1);
	}

	/** True when that was the last pin. */
	unpin(hash: Buffer): boolean {
		const key = hash.toString('hex');
		const left = (this.#pinned.get(key) ?? 0) - 1;
		if (left > 0) {
			this.#pinned.set(key, left);
			return false;
		}
		this.#pinned.delete(key);
		this.#shared.delete(key);
		return true;
	}

	isPinned(hash: Buffer): boolean {
		return this.#pinned.has(hash.toString('hex'));
	}

	/** Runs `work` for a pinned hash once; whoever comes while it is pinned gets the same outcome. */
	once(hash: Buffer, work: () => Promise<number>): Promise<number> {
		const key = hash.toString('hex');
		const standing = this.#shared.get(key);
		if (standing !== undefined) return standing;
		const begun = work();
		this.#shared.set(key, begun);
		// The next one tries again.
		begun.catch(() => {
			if (this.#shared.get(key) === begun) this.#shared.delete(key);
		});
		return begun;
	}

	/** `removal` is on its way; whoever pins the hash meanwhile waits for it with `gone`. */
	async leave(hash: Buffer, removal: () => Promise<void>): Promise<void> {
		const key = hash.toString('hex');
		const leaving = removal().finally(() => this.#leaving.delete(key));
		this.#leaving.set(key, leaving);
		await leaving;
	}

	/** Resolves when no removal of this hash is on its way. */
	async gone(hash: Buffer): Promise<void> {
		await this.#leaving.get(hash.toString('hex'))?.catch(() => {});
	}
}
