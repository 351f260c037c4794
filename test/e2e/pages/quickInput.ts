/** The palette, quick picks and input boxes: one widget of the editor. */
import type { Locator, Page } from 'playwright-core';
import { disappears, insist } from './insist.ts';

export class QuickInput {
	readonly #page: Page;
	readonly widget: Locator;

	constructor(page: Page) {
		this.#page = page;
		this.widget = page.locator('.quick-input-widget:visible');
	}

	row(text: string | RegExp): Locator {
		return this.widget.locator('.monaco-list-row').filter({ hasText: text });
	}

	/** The row that Enter would take, once it is the one with the text. */
	chosen(text: string | RegExp): Locator {
		return this.widget.locator('.monaco-list-row.focused').filter({ hasText: text });
	}

	get title(): Locator {
		return this.widget.locator('.quick-input-title');
	}

	get message(): Locator {
		return this.widget.locator('.quick-input-message');
	}

	async fill(text: string): Promise<void> {
		await this.#input.fill(text);
	}

	/** The same where it may go at any moment, as on a busy machine, and somebody tries again. */
	async tryFill(text: string): Promise<void> {
		await this.#input.fill(text, { timeout: 3_000 }).catch(() => undefined);
	}

	get #input(): Locator {
		return this.widget.locator('input.input');
	}

	/** Types the words again until the row shows: what is looked for may still be on its way into the index. */
	async fillUntil(row: Locator, words: string): Promise<void> {
		await insist(
			row,
			async () => {
				await this.fill('');
				await this.fill(words);
			},
			1_000,
		);
	}

	async accept(): Promise<void> {
		await this.#page.keyboard.press('Enter');
	}

	async cancel(): Promise<void> {
		await this.#page.keyboard.press('Escape');
	}

	/** Closes it, however often the key is swallowed. */
	async dismiss(): Promise<void> {
		do await this.cancel();
		while (!(await disappears(this.widget)));
	}
}
