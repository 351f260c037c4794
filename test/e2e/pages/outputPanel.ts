/** The output panel: one channel at a time. */
import type { Locator, Page } from 'playwright-core';
import { insist } from './insist.ts';

export class OutputPanel {
	readonly #page: Page;

	constructor(page: Page) {
		this.#page = page;
	}

	/** The first line on the screen that contains the text. */
	line(text: string): Locator {
		return this.#lines(pattern(text));
	}

	/** The first line on the screen that is the text and nothing else. */
	wholeLine(text: string): Locator {
		return this.#lines(`^${pattern(text)}$`);
	}

	async toTop(): Promise<void> {
		await this.#page.locator('.part.panel .view-line').first().click();
		await this.#page.keyboard.press('ControlOrMeta+Home');
	}

	/** Goes to the end until the line is there: from then on the editor follows what comes. */
	async followTo(line: Locator): Promise<void> {
		await insist(line, async () => {
			await this.#page.locator('.part.panel .view-line').first().click();
			await this.#page.keyboard.press('ControlOrMeta+End');
		});
	}

	/** Brings the first place of the text onto the screen. */
	async find(text: string): Promise<void> {
		await this.#page.keyboard.press('ControlOrMeta+f');
		await this.#page.locator('.part.panel .find-widget.visible textarea').first().fill(text);
		await this.#page.keyboard.press('Enter');
		await this.#page.keyboard.press('Escape');
	}

	#lines(expression: string): Locator {
		const lines = this.#page.locator('.part.panel .view-line');
		return lines.filter({ hasText: new RegExp(expression) }).first();
	}
}

// The editor renders spaces as no-break spaces.
const pattern = (text: string): string =>
	text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ /g, '[ \u00a0]');
