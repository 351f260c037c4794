/** `semantica ai setup`: what other programs have is shown as it will be, written after a yes, and given back. */
import {
	existsSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AiConfig } from '../../../shared/protocol/ai.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { createCli } from './cli.ts';
import { startTerminal } from './terminal.ts';

const CLAUDE =
	'{\n\t"starts": 7, // keep\n\t"mcpServers": {\n\t\t"x": { "command": "x" }\n\t}\n}\n';
const CODEX = '# mine\nmodel = "x"\n';

/** The home of a person who has some of the programs, and a project in it. */
function makeHome() {
	const home = realpathSync(temporaryFolder());
	const project = join(home, 'project');
	for (const folder of ['.codex', '.cursor', 'project', 'dotfiles']) mkdirSync(join(home, folder));
	writeFileSync(join(home, 'dotfiles/claude.json'), CLAUDE);
	symlinkSync(join(home, 'dotfiles/claude.json'), join(home, '.claude.json'));
	writeFileSync(join(home, '.codex/config.toml'), CODEX);
	writeFileSync(join(home, '.cursor/mcp.json'), '{ broken');
	writeFileSync(join(project, 'AGENTS.md'), '# Rules\n');
	const read = (name: string) => readFileSync(join(home, name), 'utf8');
	return { home, project, read };
}

test('is shown without being written', async () => {
	const cli = createCli();
	const { home, project, read } = makeHome();
	const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), CODEX_HOME: '' };
	const { code, stdout } = await cli.run(['ai', 'setup', '--print'], { cwd: project, env });
	expect(code).toBe(0);
	expect(stdout).toContain(`+command = "${join(cli.home, 'bin/semantica')}"`);
	expect(stdout).toContain('\t\t"x": { "command": "x" }');
	expect(stdout).toMatch(/Cursor is left alone: .*not valid JSON/);
	expect(stdout).toContain('Not found here: Copilot CLI, VS Code.');
	expect(read('.codex/config.toml')).toBe(CODEX);
	expect(existsSync(cli.home)).toBe(false);
	const refused = await cli.run(['ai', 'setup'], { cwd: project, env });
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('terminal')]);
});

test('leaves out VS Code where the extension is installed, and comes to it again when that goes', async () => {
	const cli = createCli();
	const { home, project } = makeHome();
	const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), CODEX_HOME: '' };
	const installed = 'semantica.semantica-0.1.0-linux-x64';
	const extensions = join(home, '.vscode/extensions');
	mkdirSync(join(home, '.config/Code/User'), { recursive: true });
	mkdirSync(join(extensions, installed), { recursive: true });
	const setup = async () =>
		(await cli.run(['ai', 'setup', '--print'], { cwd: project, env })).stdout;
	const needless = await setup();
	expect(needless).toContain('VS Code needs nothing: its extension offers the tools.');
	expect(needless).not.toContain('Code/User/mcp.json');
	writeFileSync(join(extensions, '.obsolete'), JSON.stringify({ [installed]: true }));
	expect(await setup()).toContain('Code/User/mcp.json');
});

test('is written after a yes, names the launcher alone, and is taken back', async (context) => {
	const cli = createCli();
	const { home, project, read } = makeHome();
	const variables = `HOME='${home}' XDG_CONFIG_HOME='${home}/.config' CODEX_HOME=`;
	const answerAll = async (line: string, answers: readonly string[]) => {
		const terminal = startTerminal(context, cli, `${variables} S ${line}`, project);
		for (const [n, answer] of answers.entries()) {
			await terminal.shows('[y/N]', n + 1);
			terminal.type(`${answer}\r`);
		}
		return terminal.ended;
	};
	// Claude Code, Codex, AGENTS.md, the skill, the folder.
	await answerAll('ai setup', ['y', 'y', 'y', 'n', 'y']);
	const launcher = join(cli.home, 'bin/semantica');
	expect(existsSync(launcher)).toBe(true);
	expect(read('dotfiles/claude.json')).toContain(`"command": "${launcher}"`);
	expect(read('.codex/config.toml')).toContain(`command = "${launcher}"`);
	expect(read('project/AGENTS.md')).toContain('run_job');
	expect(existsSync(join(home, '.claude/skills/semantica/SKILL.md'))).toBe(false);
	expect((await cli.json<AiConfig>(['ai', 'policy'])).folders).toEqual([project]);
	const again = await answerAll('ai setup', ['n']);
	expect(again).toContain('As it should be: Claude Code, Codex, AGENTS.md of this folder.');
	await answerAll('ai setup undo', ['y', 'y', 'y']);
	expect(read('dotfiles/claude.json')).toBe(CLAUDE);
	expect(read('.codex/config.toml')).toBe(CODEX);
	expect(read('project/AGENTS.md')).toBe('# Rules\n');
});
