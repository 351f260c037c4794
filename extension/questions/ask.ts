/** What a job asks, put to a person: a notification, then an input for each field. */
import { l10n, type QuickPickItem, window } from 'vscode';
import {
	type AnswerValue,
	fieldLabel,
	isRequired,
	misfit,
	typedValue,
} from '../../shared/answer.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { Job } from '../../shared/job.ts';
import type { Question, QuestionField } from '../../shared/question.ts';
import type { Link } from '../connection/link.ts';
import { rowTitle, shortTitle } from '../jobs/text/title.ts';
import { showInformation } from '../messages.ts';

type Asking = Pick<Link, 'request'>;

/** What a notification shows whole, characters. */
const LONGEST = 300;

/** Resolves when the person has answered, or looked away. */
export async function askInPassing(link: Asking, job: Job): Promise<void> {
	if (job.question === null) return;
	const message = l10n.t('{0} asks: {1}', plain(job.title), plain(job.question.question));
	const answer = l10n.t('Answer…');
	if ((await showInformation(message, answer)) === answer) await askFor(link, job);
}

export async function askFor(link: Asking, { id, title, question }: Job): Promise<void> {
	if (question === null) return;
	const value = await typedFields(title, question);
	if (value === undefined) return;
	try {
		await link.request('job/answer', { id, question: question.id, value });
	} catch (error) {
		// Somebody else has answered meanwhile.
		void showInformation(errorMessage(error));
	}
}

/** Undefined when the person has changed their mind. */
async function typedFields(
	title: string,
	{ question, schema }: Question,
): Promise<Record<string, AnswerValue> | undefined> {
	const value: Record<string, AnswerValue> = {};
	const fields = Object.entries(schema.properties);
	for (const [at, [name, field]] of fields.entries()) {
		const step = fields.length === 1 ? '' : ` (${at + 1}/${fields.length})`;
		const said = [at === 0 ? question : undefined, fieldLabel(name, field), field.description];
		const typed = await typedField(field, {
			title: shortTitle(title, LONGEST) + step,
			prompt: said.filter((text) => text !== undefined).join(' · '),
			required: isRequired(schema, name),
		});
		if (typed === 'left') return undefined;
		if (typed.value !== undefined) value[name] = typed.value;
	}
	return value;
}

interface Shown {
	readonly title: string;
	readonly prompt: string;
	readonly required: boolean;
}
type Typed = { readonly value: AnswerValue | undefined } | 'left';

async function typedField(field: QuestionField, shown: Shown): Promise<Typed> {
	if (field.type === 'boolean') {
		const ways = [
			{ label: l10n.t('Yes'), value: true },
			{ label: l10n.t('No'), value: false },
		];
		return picked(ways, field.default, shown);
	}
	if (field.type === 'string' && field.enum !== undefined) {
		const ways = field.enum.map((value) => ({ label: value, value }));
		return picked(ways, field.default, shown);
	}
	const { title, prompt, required } = shown;
	const typed = await window.showInputBox({
		title,
		prompt,
		ignoreFocusOut: true,
		...(field.default === undefined ? {} : { value: String(field.default) }),
		validateInput: (text) =>
			text === '' && !required ? undefined : misfit(field, typedValue(field, text)),
	});
	if (typed === undefined) return 'left';
	return { value: typed === '' && !required ? undefined : typedValue(field, typed) };
}

async function picked(
	ways: readonly (QuickPickItem & { value: AnswerValue })[],
	standard: AnswerValue | undefined,
	{ title, prompt, required }: Shown,
): Promise<Typed> {
	const isStandard = ({ value }: { value: AnswerValue }) => value === standard;
	const ordered = [...ways.filter(isStandard), ...ways.filter((way) => !isStandard(way))];
	const none = required ? [] : [{ label: l10n.t('Leave It Out'), value: undefined }];
	const choice = await window.showQuickPick<QuickPickItem & Exclude<Typed, 'left'>>(
		[...ordered, ...none],
		{ title, placeHolder: prompt, ignoreFocusOut: true },
	);
	return choice === undefined ? 'left' : { value: choice.value };
}

/** A notification would make links of brackets, and cut what is long. */
function plain(text: string): string {
	const line = rowTitle(text).replace(/\s+/g, ' ').replace(/\[/g, '(').replace(/\]/g, ')');
	return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
