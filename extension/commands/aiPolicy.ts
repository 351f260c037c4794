/** What AI tools may do, shown as it is and changed line by line; the daemon keeps it (docs/security.md). */
import {
	InputBoxValidationSeverity,
	l10n,
	type QuickPickItem,
	QuickPickItemKind,
	window,
} from 'vscode';
import { AI_FLEET, AI_FLEET_WORDS, AI_RUN, AI_RUN_WORDS, typedRule } from '../../shared/aiTerms.ts';
import { exactWord, ruleText } from '../../shared/exactText.ts';
import type { AiConfig, AllowRule, FleetGrant } from '../../shared/protocol/ai.ts';
import type { Link } from '../connection/link.ts';
import { plainLabel } from '../plainLabel.ts';
import { parseCommandLine } from './commandLine.ts';
import type { CommandBody } from './register.ts';

type Asking = Pick<Link, 'request'>;

/** A line of the page; undefined comes of a change of mind, and the page is shown again. */
interface Line extends QuickPickItem {
	readonly change?: () => Promise<AiConfig | undefined>;
}

/** Takes no arguments: nobody but the person at the keyboard says what is allowed. */
export function aiPolicy(link: Asking): CommandBody {
	return async () => {
		let policy = await link.request('ai/policy', {});
		const targets = await targetsOf(link);
		for (;;) {
			const lines = [...linesOf(link, policy), ...fleetLines(link, policy, targets)];
			const line = await window.showQuickPick<Line>(lines, {
				title: title(),
				placeHolder: l10n.t('Choose what to change; Escape leaves it as it is'),
				matchOnDescription: true,
				matchOnDetail: true,
				ignoreFocusOut: true,
			});
			if (line?.change === undefined) return;
			policy = (await line.change()) ?? (await link.request('ai/policy', {}));
		}
	};
}

const title = () => l10n.t('What AI Tools May Do');

function linesOf(link: Asking, { run, allow, folders }: AiConfig): Line[] {
	return [
		heading(l10n.t('who decides about commands')),
		{
			label: `$(shield) ${run}`,
			description: l10n.t(AI_RUN_WORDS[run]),
			change: () => chooseRun(link, run),
		},
		heading(l10n.t('folders that are open to them')),
		...folders.map((root) => ({
			label: `$(folder) ${plainLabel(exactWord(root))}`,
			change: () => closeFolder(link, root),
		})),
		{ label: l10n.t('$(add) Open a Folder to Them…'), change: () => openFolder(link) },
		heading(l10n.t('command lines that run unasked, under ask and allowlist')),
		...allow.map((rule) => ruleLine(link, rule)),
		{ label: l10n.t('$(add) Allow a Command Line…'), change: () => allowCommand(link) },
	];
}

type Target = Pick<FleetGrant, 'on' | 'pool'>;

/** Machines and pools of the shared queue; none where there is none. */
async function targetsOf(link: Asking): Promise<Target[]> {
	const status = await link.request('fleet/status', {}).catch(() => undefined);
	const machines = (status?.machines ?? []).filter(({ self }) => !self);
	const pools = [...new Set(machines.flatMap((machine) => machine.pools))];
	return [...machines.map(({ name }) => ({ on: name })), ...pools.map((pool) => ({ pool }))];
}

/** What was said of one that is gone can be taken back, too. */
function fleetLines(link: Asking, { fleet }: AiConfig, known: readonly Target[]): Line[] {
	const isSame = (a: Target, b: Target) => a.on === b.on && a.pool === b.pool;
	const gone = fleet.filter((grant) => !known.some((one) => isSame(one, grant)));
	const targets = [...known, ...gone.map(({ on, pool }) => (on ? { on } : { pool }))];
	if (targets.length === 0) return [];
	const line = (target: Target): Line => {
		const may = fleet.find((grant) => isSame(grant, target))?.may ?? 'off';
		const name = target.on ?? l10n.t('pool {0}', target.pool ?? '');
		return {
			label: `$(server) ${plainLabel(name)}`,
			description: `${may}: ${l10n.t(AI_FLEET_WORDS[may])}`,
			change: () => chooseFleet(link, target, name, may),
		};
	};
	return [heading(l10n.t('machines that they may send work to')), ...targets.map(line)];
}

async function chooseFleet(
	link: Asking,
	target: Target,
	name: string,
	now: (typeof AI_FLEET)[number],
): Promise<AiConfig | undefined> {
	const picked = await window.showQuickPick(
		AI_FLEET.map((may) => ({
			label: may,
			description: may === now ? l10n.t('as it is') : '',
			detail: l10n.t(AI_FLEET_WORDS[may]),
			may,
		})),
		{
			title: title(),
			placeHolder: l10n.t('What may they have run on {0}?', name),
			ignoreFocusOut: true,
		},
	);
	return picked && link.request('ai/update', { fleet: { ...target, may: picked.may } });
}

const heading = (label: string): Line => ({ label, kind: QuickPickItemKind.Separator });

function ruleLine(link: Asking, { argv, program, env }: AllowRule): Line {
	const variables =
		env.length === 0 ? '' : l10n.t(', may be given {0}', env.map(exactWord).join(' '));
	return {
		label: `$(terminal) ${plainLabel(ruleText(argv))}`,
		description: plainLabel(`${exactWord(program)}${variables}`),
		change: () => takeBackRule(link, argv),
	};
}

async function chooseRun(link: Asking, now: AiConfig['run']): Promise<AiConfig | undefined> {
	const picked = await window.showQuickPick(
		AI_RUN.map((run) => ({
			label: run,
			description: run === now ? l10n.t('as it is') : '',
			detail: l10n.t(AI_RUN_WORDS[run]),
			run,
		})),
		{ title: title(), placeHolder: l10n.t('Who decides about commands?'), ignoreFocusOut: true },
	);
	return picked && link.request('ai/update', { run: picked.run });
}

async function openFolder(link: Asking): Promise<AiConfig | undefined> {
	const [chosen] =
		(await window.showOpenDialog({
			canSelectFiles: false,
			canSelectFolders: true,
			openLabel: l10n.t('Open to AI Tools'),
			title: title(),
		})) ?? [];
	return chosen && link.request('ai/folder', { root: chosen.fsPath });
}

async function closeFolder(link: Asking, root: string): Promise<AiConfig | undefined> {
	const detail = l10n.t(
		'What runs goes on. It is open again as soon as a trusted window with it offers Semantica to its tools.',
	);
	const isSure = await confirmed(
		l10n.t('Close {0} to AI tools?', exactWord(root)),
		detail,
		l10n.t('Close'),
	);
	return isSure ? link.request('ai/forget', { root }) : undefined;
}

async function takeBackRule(link: Asking, argv: string[]): Promise<AiConfig | undefined> {
	const isSure = await confirmed(
		l10n.t('Take the rule back?'),
		ruleText(argv),
		l10n.t('Take It Back'),
	);
	return isSure ? link.request('ai/update', { disallow: { argv } }) : undefined;
}

async function confirmed(question: string, detail: string, yes: string): Promise<boolean> {
	return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}

async function allowCommand(link: Asking): Promise<AiConfig | undefined> {
	const text = await window.showInputBox({
		title: l10n.t('Allow a Command Line'),
		prompt: l10n.t('Word for word. Where more arguments may follow, write ... at its end.'),
		placeHolder: l10n.t('For example: npm run ...'),
		ignoreFocusOut: true,
		validateInput: problemOf,
	});
	const argv = text === undefined ? undefined : wordsOf(text);
	if (argv === undefined) return undefined;
	const names = await window.showInputBox({
		title: l10n.t('Allow {0}', ruleText(argv)),
		prompt: l10n.t(
			'Names of variables that it may be given, with spaces between. None: leave it empty.',
		),
		ignoreFocusOut: true,
	});
	if (names === undefined) return undefined;
	const env = names.split(/[\s,]+/).filter((name) => name !== '');
	// Its program is the one that this window would find.
	const path = process.env['PATH'] ?? '';
	return link.request('ai/update', { allow: { argv, path, env } });
}

function wordsOf(text: string): string[] | undefined {
	const parsed = parseCommandLine(text, process.platform === 'win32');
	if ('problem' in parsed) return undefined;
	return typedRule([parsed.line.command, ...parsed.line.args]);
}

function problemOf(text: string) {
	const parsed = parseCommandLine(text, process.platform === 'win32');
	if ('problem' in parsed) {
		return parsed.problem === 'empty'
			? l10n.t('Type a program and its arguments.')
			: l10n.t('A quote is not closed.');
	}
	const { shellSyntax } = parsed.line;
	if (shellSyntax.length === 0) return undefined;
	const message = l10n.t(
		'No shell reads it: {0} is allowed as it stands.',
		[...new Set(shellSyntax)].join(' '),
	);
	return { message, severity: InputBoxValidationSeverity.Warning };
}
