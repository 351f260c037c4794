/** For what a busy window may swallow, or show too late: a person would do it again. */
import { errors, type Locator } from 'playwright-core';
import { PATIENCE_MS } from '../patience.ts';

/**
 * How long an attempt waits for what it acts on, ms. What it acts on may be gone for good, because the attempt before
 * it worked after all, only late.
 */
const ATTEMPT_MS = 15_000;

/** Does it again and again until the locator shows. */
export async function insist(
	locator: Locator,
	attempt: () => Promise<unknown>,
	ms = 3_000,
): Promise<void> {
	await again(locator, attempt, () => appears(locator, ms), 'appear');
}

/** Does it again and again until the locator is gone. */
export async function insistGone(
	locator: Locator,
	attempt: () => Promise<unknown>,
	ms = 5_000,
): Promise<void> {
	await again(locator, attempt, () => disappears(locator, ms), 'go');
}

async function again(
	locator: Locator,
	attempt: () => Promise<unknown>,
	reached: () => Promise<boolean>,
	aim: string,
): Promise<void> {
	const page = locator.page();
	const deadline = Date.now() + PATIENCE_MS;
	let cause: unknown;
	do {
		page.setDefaultTimeout(ATTEMPT_MS);
		try {
			await attempt();
		} catch (error) {
			if (!(error instanceof errors.TimeoutError)) throw error;
			cause = error;
		} finally {
			page.setDefaultTimeout(PATIENCE_MS);
		}
		if (await reached()) return;
	} while (Date.now() < deadline);
	throw new Error(`Nothing made it ${aim}: ${locator}.`, { cause });
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
