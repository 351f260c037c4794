/** `semantica ai setup`: shows each change as a diff, and writes after a yes. Loaded when it is asked for. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { stageBuild } from '../../../shared/client/builds.ts';
import { launcherPath } from '../../../shared/client/launcher.ts';
import { homeFolder } from '../../../shared/paths.ts';
import { assertDataFolder } from '../../../shared/trust.ts';
import { connectOrStart, using } from '../connect.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { agrees, assertPerson } from '../person.ts';
import { hasExtension, hosts, isHere } from './hosts.ts';
import { type Change, planOf } from './plan.ts';

/** What a terminal would obey, or not show. */
const UNSEEN = /[^\P{C}\t]/gu;

export interface SetupOptions {
	/** Shows what would be changed, and changes nothing. */
	readonly print: boolean;
	readonly undo: boolean;
}

export async function runSetup(context: Context, { print, undo }: SetupOptions): Promise<void> {
	if (!print) assertPerson(context);
	const { out, daemon, env } = context;
	assertDataFolder(daemon.paths);
	// It brings the launcher, the only path that is written anywhere.
	if (!undo && !print) await stageBuild(daemon);
	const home = homeFolder(env);
	const all = hosts(home, env);
	const served = undo ? [] : all.filter(hasExtension);
	const known = all.filter((host) => !served.includes(host));
	const command = launcherPath(daemon.paths);
	const plan = planOf({ hosts: known, home, cwd: context.cwd(), command, undo });
	for (const problem of plan.problems) out.say(problem, out.style.yellow);
	if (plan.settled.length > 0) {
		out.say(`As it should be: ${plan.settled.join(', ')}.`, out.style.dim);
	}
	for (const { name } of served) {
		out.say(`${name} needs nothing: its extension offers the tools.`, out.style.dim);
	}
	const missing = known.filter((host) => !isHere(host)).map(({ name }) => name);
	if (missing.length > 0 && !undo) out.say(`Not found here: ${missing.join(', ')}.`, out.style.dim);
	for (const change of plan.changes) {
		show(context, change);
		if (print) continue;
		const question =
			change.optional && !undo ? `Write it? It is for the model to read.` : 'Write it?';
		if (!(await agrees(context, question))) continue;
		write(change);
		out.say(out.style.green(`Written: ${change.file}`));
	}
	if (!print && !undo) await offerFolder(context);
	out.lines(['']);
	if (!undo) {
		out.say(
			'Commands that these tools ask for run once the program they run in lets them. To be asked by Semantica too, ' +
				'or to allow some only: semantica ai policy',
		);
	}
}

function show({ out }: Context, { what, file, before, after }: Change): void {
	const patch = createTwoFilesPatch(file, file, before ?? '', after ?? '', '', '', { context: 3 });
	const { style } = out;
	const paint = (line: string) => {
		if (line.startsWith('+')) return style.green(line);
		return line.startsWith('-') ? style.red(line) : line;
	};
	const gone = before !== undefined && after === undefined;
	const fate = before === undefined ? ' (new)' : gone ? ' (goes away)' : '';
	const [, , , , ...lines] = patch.replace(/\n$/, '').split('\n');
	out.lines(['', style.bold(`${what}: ${file}${fate}`)]);
	out.lines(lines.map((line) => paint(line.replace(UNSEEN, '\ufffd'))));
}

/** Whole or not at all, with the mode that the file had. @throws CliError where it changed meanwhile */
function write({ file, before, after }: Change): void {
	const now = read(file);
	if (now !== before)
		throw new CliError(`${file} has just been changed by somebody. Run this again.`);
	if (after === undefined) {
		rmSync(file, { force: true });
		return;
	}
	mkdirSync(dirname(file), { recursive: true });
	const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o644;
	const draft = `${file}.${process.pid}.tmp`;
	writeFileSync(draft, after, { mode: mode & 0o777 });
	renameSync(draft, file);
}

function read(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}

/** Where no folder is open to them, tools find nothing. */
async function offerFolder(context: Context): Promise<void> {
	const root = context.cwd();
	await using(connectOrStart(context.daemon), async (connection) => {
		const { folders } = await connection.request('ai/policy', {});
		if (folders.includes(root)) return;
		context.out.lines(['']);
		if (!(await agrees(context, `May AI tools work in ${root}?`))) return;
		await connection.request('ai/folder', { root });
	});
}
