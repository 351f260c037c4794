import type { Locator, Page } from 'playwright-core';
import { insist, insistGone } from './insist.ts';

/**
 * Chooses an entry of a thing's context menu; `look` sees the menu as it stands.
 *
 * A menu stays as it was when it opened: a window that was just loaded may not have said yet that it is trusted, and
 * then the entry is missing or greyed, for as long as that menu is open. So it is opened anew until the entry can be
 * chosen.
 */
export async function chooseFromMenu(
	page: Page,
	thing: Locator,
	command: string,
	look: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
	const menu = page.locator('.monaco-menu');
	const entry = menu
		.locator('.action-item:not(.disabled) .action-label')
		.filter({ hasText: new RegExp(`^${command}$`) });
	await insist(entry, async () => {
		if (await menu.isVisible()) await page.keyboard.press('Escape');
		await thing.click({ button: 'right' });
	});
	await look();
	// A click that comes so soon after the menu is not taken for one, and an editor that is drawn meanwhile takes the
	// keyboard away from it: the mouse gives it back where it comes to the entry anew.
	await insistGone(menu, async () => {
		await moveAway(page);
		await entry.hover({ timeout: 3_000 });
		await page.keyboard.press('Enter');
	});
}

/** Takes the mouse off rows and entries, to the title bar's empty part: elsewhere something may have a tooltip of its own. */
export const moveAway = (page: Page): Promise<void> => page.mouse.move(980, 17);
