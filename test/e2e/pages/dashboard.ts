/** The dashboard beside the editors: a page in two frames of the editor's making. */
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';

export class DashboardPage {
	readonly #page: Page;
	readonly #frame: FrameLocator;

	constructor(page: Page) {
		this.#page = page;
		this.#frame = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
	}

	get tab(): Locator {
		return this.#page.locator('.part.editor .tab', { hasText: 'Semantica Dashboard' });
	}

	get body(): Locator {
		return this.#frame.locator('body');
	}

	card(name: string): Locator {
		return this.#frame
			.locator('.card')
			.filter({ has: this.#frame.getByText(name, { exact: true }) });
	}

	section(title: string): Locator {
		return this.#frame
			.locator('section, figure')
			.filter({ has: this.#frame.getByRole('heading', { name: title }) });
	}

	get state(): Locator {
		return this.#frame.getByRole('status');
	}

	range(name: 'Last hour' | 'Last day'): Locator {
		return this.#frame.getByRole('button', { name });
	}

	/** For what no locator can do. */
	async frame(): Promise<Frame> {
		const handle = await this.body.elementHandle();
		const frame = await handle?.ownerFrame();
		if (frame === null || frame === undefined) throw new Error('The dashboard has no frame.');
		return frame;
	}
}
