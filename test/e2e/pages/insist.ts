/** For what a busy window may swallow, or show too late: a person would do it again. */
import type { Locator } from 'playwright-core';
import { PATIENCE_MS } from '../patience.ts';

/** Does it again and again until the locator shows. */
export async function insist(
	locator: Locator,
	attempt: () => Promise<unknown>,
	ms = 3_000,
): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	do {
		await attempt();
		if (await appears(locator, ms)) return;
	} while (Date.now() < deadline);
	throw new Error(`Nothing made it appear: ${locator}.`);
}

/** Does it again and again until the locator is gone. */
export async function insistGone(
	locator: Locator,
	attempt: () => Promise<unknown>,
	ms = 5_000,
): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	do {
		await attempt();
		if (await disappears(locator, ms)) return;
	} while (Date.now() < deadline);
	throw new Error(`Nothing made it go: ${locator}.`);
}

export const appears = (locator: Locator, ms = 3_000): Promise<boolean> =>
	locator.waitFor({ timeout: ms }).then(
		() => true,
		() => false,
	);

export const disappears = (locator: Locator, ms = 3_000): Promise<boolean> =>
	locator.waitFor({ state: 'hidden', timeout: ms }).then(
		() => true,
		() => false,
	);
