/** Commands that AI tools ask for and that wait for a person: exactly what would run, and the decision. */
import { l10n, window } from 'vscode';
import { errorMessage } from '../../shared/errors.ts';
import { exactWord, exactWords } from '../../shared/exactText.ts';
import type { Job } from '../../shared/job.ts';
import type { Link } from '../connection/link.ts';
import { showInformation, showWarning } from '../messages.ts';

/** What a notification and a dialog show whole; more is looked at in a terminal. Characters. */
const NOTIFICATION = 300;
const DIALOG = 4000;

type Asking = Pick<Link, 'request'>;

/** Resolves when the person has decided, or looked away. */
export async function askInPassing(link: Asking, job: Job): Promise<void> {
	const words = wordsOf(job);
	const whole = l10n.t('{0} wants to run {1} in {2}.', origin(job), words, folderOf(job));
	const message = [whole, ...variables(job)].join(' ');
	// A notification would make a link of it, and cut what is long.
	if (message.length > NOTIFICATION || /\]\s*\(/.test(message)) {
		const look = l10n.t('Look at It…');
		const short = l10n.t('{0} wants to run a command in {1}.', origin(job), folderOf(job));
		if ((await showInformation(short, look)) === look) await askInDialog(link, job);
		return;
	}
	const [run, refuse] = ways();
	const choice = await showInformation(message, run, refuse);
	if (choice !== undefined) await decide(link, job, choice === run);
}

export async function askInDialog(link: Asking, job: Job): Promise<void> {
	const detail = [
		wordsOf(job),
		l10n.t('Folder: {0}', folderOf(job)),
		...variables(job),
		...(job.command?.shell ? [l10n.t('A line for a shell.')] : []),
	].join('\n\n');
	if (detail.length > DIALOG) {
		const sentence = l10n.t(
			'The command is too long for a dialog. Look at it in a terminal: semantica approve {0}',
			job.id,
		);
		void showWarning(sentence);
		return;
	}
	const [run, refuse] = ways();
	const title = l10n.t('Let {0} run this?', origin(job));
	const choice = await window.showWarningMessage(title, { modal: true, detail }, run, refuse);
	if (choice !== undefined) await decide(link, job, choice === run);
}

const ways = () => [l10n.t('Let It Run'), l10n.t('Refuse')] as const;

async function decide(link: Asking, { id }: Job, run: boolean): Promise<void> {
	try {
		if (run) await link.request('ai/approve', { id });
		else await link.request('job/cancel', { ids: [id] });
	} catch (error) {
		// Somebody else has decided meanwhile.
		void showInformation(errorMessage(error));
	}
}

function wordsOf({ command }: Job): string {
	if (command === null) return '';
	const words = [command.command, ...command.args];
	return command.shell ? exactWord(words.join(' ')) : exactWords(words);
}

function variables({ command }: Job): string[] {
	const names = command?.env ?? [];
	return names.length === 0 ? [] : [l10n.t('With its own variables: {0}.', exactWords(names))];
}

/** Elsewhere it begins with the machine. */
function folderOf({ command, machine }: Job): string {
	const cwd = command?.cwd ?? '';
	if (!machine) return exactWord(cwd);
	const folder = cwd === '' ? l10n.t('an empty folder') : exactWord(cwd);
	return l10n.t('{0} on {1}', folder, exactWord(machine));
}

/** The folder behind it is said apart. */
const origin = (job: Job) => exactWord(job.origin.replace(/^mcp\//, '').replace(/#.*$/s, ''));
