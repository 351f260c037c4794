/** What is run to say something on a desktop. On macOS and Windows it was never tried. */
import { describe, expect, test } from 'vitest';
import { createDesktop, sayingOf } from '../../../daemon/notifications/desktop.ts';
import { type Message, messageOf } from '../../../daemon/notifications/text.ts';
import { makeJob } from '../extension/makeJob.ts';

const NASTY = '-e $(touch x) `y` "; rm -rf / # <b> & \\n';
const message: Message = { summary: 'Job failed', body: NASTY, failed: true };

describe('what a job is called', () => {
	test('is an argument of notify-send, escaped for those who read markup', () => {
		expect(sayingOf('linux', { DISPLAY: ':0' }, message)).toEqual({
			command: 'notify-send',
			args: [
				'--app-name=Semantica',
				'--urgency=critical',
				'--',
				'Job failed',
				'-e $(touch x) `y` "; rm -rf / # &lt;b&gt; &amp; \\\\n',
			],
			env: {},
		});
	});

	test('is an argument of a fixed script on macOS, behind one that is no option', () => {
		const saying = sayingOf('darwin', {}, message);
		expect(saying?.command).toBe('osascript');
		expect(saying?.args.slice(-2)).toEqual(['Job failed', NASTY]);
		expect(saying?.args.slice(0, -2).join(' ')).not.toContain('touch');
	});

	test('is in the environment of a fixed script on Windows', () => {
		const saying = sayingOf('win32', {}, message);
		expect(saying?.env).toEqual({ SEMANTICA_SUMMARY: 'Job failed', SEMANTICA_BODY: NASTY });
		expect(saying?.args).toEqual(sayingOf('win32', {}, { ...message, body: 'other' })?.args);
	});
});

test.each([
	[{}, false],
	[{ DISPLAY: '' }, false],
	[{ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }, true],
	[{ WAYLAND_DISPLAY: 'wayland-0' }, true],
])('on Linux %j is a desktop: %s', (env, isOne) => {
	expect(sayingOf('linux', env, message) !== undefined).toBe(isOne);
});

test('of systems that we do not know nothing is run', () => {
	expect(sayingOf('freebsd', { DISPLAY: ':0' }, message)).toBeUndefined();
});

test('a program that cannot even be tried is said once, and ends nothing', async () => {
	const warnings: string[] = [];
	// Node throws at once for such a value.
	const env = { DISPLAY: ':0', BAD: 'a\0b' };
	const warn = (sentence: string) => void warnings.push(sentence);
	const desktop = createDesktop({ platform: 'linux', env, warn });
	const job = makeJob({ state: 'failed' });
	for (let i = 0; i < 2; i++) desktop.say({ jobs: [job], count: 1, failed: 1 });
	await expect(desktop.settled()).resolves.toBeUndefined();
	expect(warnings).toEqual([expect.stringMatching(/^Nobody could be told.*null bytes/)]);
});

describe('a message', () => {
	const failed = makeJob({
		title: 'make\tall\n',
		state: 'failed',
		workspace: 'file:///home/me/my%20project',
		error: { code: 'EXIT', message: 'The process ended with exit code 2. Its log says why.' },
	});

	test('of one says what, why and where', () => {
		expect(messageOf({ jobs: [failed], count: 1, failed: 1 })).toEqual({
			summary: 'Job failed',
			body: 'make all\nThe process ended with exit code 2. Its log says why.\nin my project',
			failed: true,
		});
	});

	test('of many says how many, and names some', () => {
		const good = makeJob({ title: 'good', state: 'succeeded', workspace: null });
		const some = { jobs: [failed, good, good, good, good], count: 25, failed: 3 };
		expect(messageOf(some)).toEqual({
			summary: '25 jobs ended, 3 of them failed',
			body: 'make all: failed\ngood: succeeded\ngood: succeeded\ngood: succeeded\nand 21 more',
			failed: true,
		});
		expect(messageOf({ ...some, failed: 25 }).summary).toBe('25 jobs failed');
		expect(messageOf({ ...some, failed: 0 })).toMatchObject({
			summary: '25 jobs ended',
			failed: false,
		});
	});

	test('is short, whatever a job is called, and cuts no character in half', () => {
		const long = makeJob({ title: `${'x'.repeat(78)}😀😀`, state: 'expired', workspace: null });
		const { body } = messageOf({ jobs: [long], count: 1, failed: 1 });
		expect(body).toBe(`${'x'.repeat(78)}…`);
	});
});
