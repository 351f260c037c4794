/** The Jobs view in the sidebar. */
import type { Locator, Page } from 'playwright-core';
import { PATIENCE_MS } from '../patience.ts';
import { chooseFromMenu, moveAway } from './contextMenu.ts';
import { insist } from './insist.ts';

export class JobsView {
	readonly #page: Page;
	readonly view: Locator;

	constructor(page: Page) {
		this.#page = page;
		this.view = page.locator(
			'.sidebar .composite.viewlet[id="workbench.view.extension.semantica"]',
		);
	}

	async open(): Promise<void> {
		const entry = this.#page.locator('.activitybar a[aria-label^="Semantica"]');
		// A click on the entry of what is open closes it; after a reload that may be just before it is seen.
		await insist(this.view, async () => {
			if (!(await this.view.isVisible())) await entry.click();
		});
	}

	/** Rows, groups included, whose visible text contains the given one. */
	row(text: string | RegExp): Locator {
		return this.view.locator('.monaco-list-row').filter({ hasText: text });
	}

	group(name: 'Running' | 'Waiting' | 'Failed' | 'Finished'): Locator {
		return this.view.locator('.monaco-list-row[aria-level="1"]').filter({ hasText: name });
	}

	/** The row that keys go to. */
	get focused(): Locator {
		return this.view.locator('.monaco-list-row.focused');
	}

	get selected(): Locator {
		return this.view.locator('.monaco-list-row.selected');
	}

	/** A group once it has no jobs. */
	emptyGroup(name: Parameters<JobsView['group']>[0]): Locator {
		return this.group(name).filter({ hasText: new RegExp(`^\\s*${name}\\s*0\\s*$`) });
	}

	/** Rows of children of unfolded jobs. */
	get part(): Locator {
		return this.view.locator('.monaco-list-row[aria-level="3"]');
	}

	/** Drags the border of the sidebar to the right. */
	async widen(pixels: number): Promise<void> {
		const box = await this.view.boundingBox();
		if (box === null) throw new Error('The Jobs view is not visible.');
		const edge = box.x + box.width + 2;
		await this.#page.mouse.move(edge, 400);
		await this.#page.mouse.down();
		await this.#page.mouse.move(edge + pixels, 400, { steps: 5 });
		await this.#page.mouse.up();
		await this.#page.mouse.move(edge + 300, 500);
	}

	/** Clicks an inline action of a row, which is there only while the mouse is on the row. */
	async act(row: Locator, action: string): Promise<void> {
		const button = row.locator(`.actions a[aria-label="${action}"]`);
		const deadline = Date.now() + PATIENCE_MS;
		for (;;) {
			await row.hover();
			try {
				return await button.click({ timeout: 3_000 });
			} catch (error) {
				// Rows above it came or went, and the mouse is on another one now.
				if (Date.now() > deadline) throw error;
			}
		}
	}

	/** Chooses from a row's context menu. */
	async choose(row: Locator, command: string): Promise<void> {
		await chooseFromMenu(this.#page, row, command);
	}

	/**
	 * The same of what may be chosen twice, until it shows: between a group that changed and the editor's question for
	 * its rows the editor knows none of them, and a command that is chosen just then asks which job is meant.
	 */
	async chooseUntil(shown: Locator, row: Locator, command: string): Promise<void> {
		const pick = this.#page.locator('.quick-input-widget:visible');
		await insist(shown, async () => {
			if (await pick.isVisible()) await this.#page.keyboard.press('Escape');
			await chooseFromMenu(this.#page, row, command);
		});
	}

	/** Shows a row's tooltip, with all these words; it would cover other rows, so `look` has to be over before one goes on. */
	async explain(
		row: Locator,
		words: readonly (string | RegExp)[],
		look: (tooltip: Locator) => Promise<unknown> = () => Promise.resolve(),
	): Promise<void> {
		const tooltip = this.#page.locator('.monaco-hover:visible');
		const whole = words.reduce((found, hasText) => found.filter({ hasText }), tooltip);
		// A row that is drawn anew meanwhile takes its tooltip with it.
		await insist(whole, async () => {
			await moveAway(this.#page);
			await row.hover();
		});
		await look(tooltip);
		await moveAway(this.#page);
		await tooltip.waitFor({ state: 'hidden' });
	}

	/** A button in the title of the view. */
	titleAction(action: string): Locator {
		return this.#page.locator('.part.sidebar .title-actions').getByLabel(action);
	}

	/** Scrolls until a row with the text is on the screen; long lists only draw what one sees. */
	async scrollTo(text: string): Promise<void> {
		await this.view.hover();
		for (const step of [300, -300]) {
			for (let moved = 0; moved < 60; moved++) {
				if (await this.row(text).first().isVisible()) return;
				await this.#page.mouse.wheel(0, step);
			}
		}
		throw new Error(`There is no row “${text}” in the Jobs view.`);
	}

	get welcome(): Locator {
		return this.view.locator('.welcome-view-content');
	}

	/** Opens the view and waits until the daemon has said that there are no jobs. */
	async openEmpty(): Promise<void> {
		await this.open();
		await this.welcome.filter({ hasText: 'There are no jobs yet' }).waitFor();
	}
}
