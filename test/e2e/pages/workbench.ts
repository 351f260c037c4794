/** One window of the editor as a person sees it. */
import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';
import { PATIENCE_MS } from '../patience.ts';
import { appears, insist } from './insist.ts';
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

	/** As a person loads it anew who has looked at it for a moment: the editor saves what is open a little later. */
	async loadAnew(open: string): Promise<void> {
		await vi.waitUntil(() => this.page.evaluate(savesEditor, open), { timeout: PATIENCE_MS });
		await this.page.reload();
		await this.ready();
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

	/** As a person closes it: the editor hears of it, and has time to say so to others. */
	async close(): Promise<void> {
		// A page that is closed may be torn down before the editor is done; one that is left is not.
		await this.page.evaluate(() => location.assign('about:blank'));
		await this.page.waitForURL('about:blank');
		await this.page.close();
	}

	/** Runs a command by its title, as from the palette. */
	async run(title: string): Promise<void> {
		await insist(this.quickInput.chosen(title), async () => {
			// A palette that is open keeps the commands it knew when the words were typed: those of a window that did
			// not know yet that it is trusted, for good.
			if (await this.quickInput.widget.isVisible()) await this.quickInput.dismiss();
			await this.page.keyboard.press('F1');
			// A window that is busy may swallow the key, or open the palette anew over what was typed.
			if (await appears(this.quickInput.widget)) await this.quickInput.tryFill(`>${title}`);
		});
		await this.page.keyboard.press('Enter');
	}

	/** Opens Search Index and types the words. */
	async search(words: string): Promise<void> {
		await this.run('Semantica: Search Index');
		await this.quickInput.title.filter({ hasText: 'Search Index' }).waitFor();
		await this.quickInput.fill(words);
	}

	/** A pop-up of Semantica that contains the text. */
	notification(text: string | RegExp): Locator {
		return this.notifications.filter({ hasText: text });
	}

	/**
	 * Looks at the notification with the text, and takes it off the editor's list. The editor pops up at most three
	 * within 800 ms and only lists any other, so what comes in quick succession has to be looked for there.
	 */
	async dismissListed(text: string, look: (notification: Locator) => Promise<void>): Promise<void> {
		await this.run('Notifications: Show Notifications');
		const listed = this.page
			.locator('.notifications-center.visible .notification-list-item')
			.filter({ hasText: text });
		await look(listed);
		await listed.hover();
		await listed.locator('.codicon-notifications-clear').click();
		await listed.waitFor({ state: 'detached' });
	}

	/** Any pop-up of Semantica; the editor has some of its own. */
	get notifications(): Locator {
		return this.page.locator(
			'.notifications-toasts .monaco-list-row[aria-label*="source: Semantica"]',
		);
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

/** Runs in the page: whether the editor would open it again. */
async function savesEditor(open: string): Promise<boolean> {
	const done = <T>(request: IDBRequest<T>) =>
		new Promise<T>((resolve, reject) => {
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
	for (const { name } of await indexedDB.databases()) {
		if (!name?.startsWith('vscode-web-state-db')) continue;
		const database = await done(indexedDB.open(name));
		const items = database.transaction('ItemTable').objectStore('ItemTable');
		const saved: unknown = await done(items.get('memento/workbench.parts.editor'));
		database.close();
		if (String(saved).includes(open)) return true;
	}
	return false;
}
