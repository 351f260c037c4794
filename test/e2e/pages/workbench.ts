/** One window of the editor as a person sees it. */
import type { Locator, Page } from 'playwright-core';
import { JobsView } from './jobsView.ts';
import { OutputPanel } from './outputPanel.ts';
import { QuickInput } from './quickInput.ts';

export class Workbench {
	readonly page: Page;
	readonly jobs: JobsView;
	readonly output: OutputPanel;
	readonly quickInput: QuickInput;

	constructor(page: Page) {
		this.page = page;
		this.jobs = new JobsView(page);
		this.output = new OutputPanel(page);
		this.quickInput = new QuickInput(page);
	}

	async ready(): Promise<void> {
		await this.page.locator('.monaco-workbench').waitFor();
		await this.page.locator('.activitybar a[aria-label="Semantica"]').waitFor();
	}

	/** What the explorer shows of a .code-workspace file: its folders, or that there are none. */
	async hasFolders(): Promise<boolean> {
		const folder = this.page.locator('.explorer-folders-view .monaco-list-row');
		const none = this.page
			.locator('.explorer-viewlet .welcome-view-content')
			.filter({ hasText: 'not yet added a folder' });
		await folder.or(none).first().waitFor();
		return folder.first().isVisible();
	}

	/** As a person closes it: the editor hears of it. */
	async close(): Promise<void> {
		await this.page.close({ runBeforeUnload: true });
	}

	/** Runs a command by its title, as from the palette. */
	async run(title: string): Promise<void> {
		await this.page.keyboard.press('F1');
		await this.quickInput.fill(`>${title}`);
		await this.quickInput.chosen(title).waitFor();
		await this.page.keyboard.press('Enter');
	}

	/** A notification that contains the text. */
	notification(text: string | RegExp): Locator {
		return this.page
			.locator('.notifications-toasts .notification-list-item')
			.filter({ hasText: text });
	}

	/**
	 * Looks at the one notification that the editor keeps, and takes it off its list. The editor pops up at most three
	 * within 800 ms and only lists any other, so what comes in quick succession has to be looked for there.
	 */
	async dismissListed(look: (notification: Locator) => Promise<void>): Promise<void> {
		await this.run('Notifications: Show Notifications');
		const listed = this.page.locator('.notifications-center.visible .notification-list-item');
		await look(listed);
		await listed.hover();
		await listed.locator('.codicon-notifications-clear').click();
		await listed.waitFor({ state: 'detached' });
	}

	/** Any pop-up at all. */
	get notifications(): Locator {
		return this.page.locator('.notifications-toasts .notification-list-item');
	}

	async clearNotifications(): Promise<void> {
		await this.run('Notifications: Clear All Notifications');
		await this.notifications.first().waitFor({ state: 'detached' });
	}

	get dialog(): Locator {
		return this.page.locator('.monaco-dialog-box');
	}

	statusItem(text: string | RegExp): Locator {
		return this.page.locator('.statusbar-item').filter({ hasText: text });
	}

	/** The title of the active editor's tab. */
	get activeTab(): Locator {
		return this.page.locator('.part.editor .tab.active');
	}

	/** "Ln 7, Col 1" in the status bar. */
	cursorAt(line: number): Locator {
		return this.statusItem(new RegExp(`Ln ${line}, Col`));
	}
}
