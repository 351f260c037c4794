/**
 * Says something on the desktop, by the program that each system has for it. Text of jobs reaches it as arguments or
 * in its environment, never as part of what it interprets.
 */
import { execFile } from 'node:child_process';
import { errorMessage } from '../../shared/errors.ts';
import type { JobsEnded } from '../../shared/protocol/notify.ts';
import { type Message, messageOf } from './text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface DesktopOptions {
	readonly platform: NodeJS.Platform;
	/** The daemon's own. */
	readonly env: Environment;
	readonly warn: (sentence: string) => void;
}

export interface Desktop {
	/** Whether there is one that we know how to use. */
	readonly isThere: boolean;
	say(ended: JobsEnded): void;
	/** Resolves when nothing is being said any more. */
	settled(): Promise<void>;
}

export interface Saying {
	readonly command: string;
	readonly args: readonly string[];
	/** Beside the daemon's own. */
	readonly env: Readonly<Record<string, string>>;
}

const WITHIN_MS = 10_000;
const NOTHING: Message = { summary: '', body: '', failed: false };

export function createDesktop({ platform, env, warn }: DesktopOptions): Desktop {
	const going = new Set<Promise<void>>();
	let warned = false;

	function run(saying: Saying): Promise<void> {
		return new Promise<void>((resolve, reject) => {
			const options = { timeout: WITHIN_MS, env: { ...env, ...saying.env }, windowsHide: true };
			execFile(saying.command, [...saying.args], options, (error) => {
				if (error === null) resolve();
				else reject(error);
			});
		}).catch((error: unknown) => {
			// Also what execFile throws at once, as where the system has no memory left.
			if (warned) return;
			warned = true;
			warn(`Nobody could be told on the desktop that a job ended: ${errorMessage(error).trim()}`);
		});
	}

	return {
		isThere: sayingOf(platform, env, NOTHING) !== undefined,
		say(ended) {
			const saying = sayingOf(platform, env, messageOf(ended));
			if (saying === undefined) return;
			const said = run(saying).finally(() => going.delete(said));
			going.add(said);
		},
		async settled() {
			await Promise.all(going);
		},
	};
}

/** Undefined where there is no desktop, or none that we know. */
export function sayingOf(
	platform: NodeJS.Platform,
	env: Environment,
	{ summary, body, failed }: Message,
): Saying | undefined {
	switch (platform) {
		case 'linux':
			if (!DESKTOP_VARIABLES.some((name) => env[name])) return undefined;
			return {
				command: 'notify-send',
				args: [
					'--app-name=Semantica',
					`--urgency=${failed ? 'critical' : 'normal'}`,
					'--',
					summary,
					asMarkup(body),
				],
				env: {},
			};
		case 'darwin':
			return { command: 'osascript', args: [...APPLE_SCRIPT, summary, body], env: {} };
		case 'win32':
			return {
				command: 'powershell.exe',
				args: ['-NoProfile', '-NonInteractive', '-Command', POWERSHELL],
				env: { SEMANTICA_SUMMARY: summary, SEMANTICA_BODY: body },
			};
		default:
			return undefined;
	}
}

/** By these a program of Linux finds the desktop of its user. */
const DESKTOP_VARIABLES = ['DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY'];

/** Servers read a subset of HTML, and notify-send itself escapes such as \n. */
function asMarkup(text: string): string {
	return text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('\\', '\\\\');
}

/** The summary is ours and begins with no dash, so what follows is no option. */
const APPLE_SCRIPT = [
	'-e',
	'on run argv',
	'-e',
	'display notification (item 2 of argv) with title "Semantica" subtitle (item 1 of argv)',
	'-e',
	'end run',
];

const POWERSHELL = `
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$texts = $toast.GetElementsByTagName('text')
$null = $texts.Item(0).AppendChild($toast.CreateTextNode($env:SEMANTICA_SUMMARY))
$null = $texts.Item(1).AppendChild($toast.CreateTextNode($env:SEMANTICA_BODY))
$app = '{1AC14E77-02E7-4E5D-B744-2E61CF6E6FA0}\\WindowsPowerShell\\v1.0\\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($toast))
`;
