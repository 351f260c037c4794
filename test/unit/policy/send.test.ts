import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { admitSending } from '../../../daemon/policy/send.ts';
import { type AiConfig, aiConfigSchema } from '../../../shared/protocol/ai.ts';
import { sendSchema } from '../../../shared/protocol/fleet.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'semantica-send-')));
const project = join(root, 'project');
mkdirSync(join(project, 'sub'), { recursive: true });

const npmTest = {
	argv: ['npm', 'test', '…'],
	program: '/usr/bin/npm',
	path: '/usr/bin',
	env: ['CI'],
};

function send(asked: object, config: Partial<AiConfig> = {}) {
	const fleet = [
		{ on: 'box', may: 'commands' },
		{ pool: 'gpu', may: 'recipes' },
	];
	const command = { command: 'npm', args: ['test'] };
	const whole = { on: 'box', folder: project, spec: { type: 'command', command }, ...asked };
	return admitSending(sendSchema.parse(whole), 'jobs[0]', {
		folders: [project],
		config: aiConfigSchema.parse({ fleet, ...config }),
		checkoutOf: async () => ({ repo: 'example.com/team/thing', root: project }),
	});
}

const words = (command: string, args: string[], more = {}) => ({
	spec: { type: 'command', command: { command, args, ...more } },
});
const recipe = { spec: { type: 'command' }, recipe: { name: 'say', values: { word: 'a' } } };

describe('what a tool may send to another machine', () => {
	test('is what a person allowed for that machine or pool, and nothing by default', async () => {
		await expect(send({})).resolves.toMatchObject({
			submission: { on: 'box', place: { kind: 'scratch' }, secrets: [] },
			workspace: pathToFileURL(project).href,
			needsApproval: false,
		});
		await expect(send({ ...recipe, on: undefined, pool: 'gpu' })).resolves.toMatchObject({
			submission: { pool: 'gpu', recipe: { name: 'say' } },
		});
		// Who may send commands may call recipes.
		await expect(send(recipe)).resolves.toMatchObject({ submission: { on: 'box' } });
	});

	test.each([
		['another machine', { on: 'cubi' }, {}, 'on', /policy --on cubi --fleet commands/],
		['a name of JavaScript', { on: 'constructor' }, {}, 'on', /--on constructor/],
		['a pool of that name', { on: undefined, pool: 'box' }, {}, 'pool', /--pool box --fleet/],
		[
			'a command to recipes',
			{ on: undefined, pool: 'gpu' },
			{},
			'pool',
			/only recipes on pool gpu/,
		],
		['anything when off', {}, { run: 'off' }, 'on', /switched off.*ai policy --run/],
		['a recipe when off', recipe, { run: 'off' }, 'on', /switched off/],
		['what no rule allows', {}, { run: 'allowlist' }, 'spec.command', /ai allow -- npm test/],
		['another folder', { folder: root }, {}, 'folder', /semantica ai allow/],
		['a priority', { spec: { type: 'command', priority: 9 } }, {}, 'spec.priority', /may not set/],
		['an input', { spec: { type: 'command', payload: 'x' } }, {}, 'spec.payload', /may not set/],
	] as const)(
		'refuses %s, by its path and with what to type',
		async (_, asked, config, at, why) => {
			await expect(send(asked, config as Partial<AiConfig>)).rejects.toMatchObject({
				kind: 'FORBIDDEN',
				message: expect.stringMatching(why),
				data: { kind: 'policy', path: `jobs[0].${at}` },
			});
		},
	);

	test('is held for a person under ask, unless a rule has its very words', async () => {
		const config = { run: 'ask', allow: [npmTest] } as const;
		const asks = async (asked: object) =>
			(await send(asked, { ...config, allow: [npmTest] })).needsApproval;
		expect(await asks({})).toBe(false);
		expect(await asks(words('npm', ['test', '--', 'unit'], { env: { CI: '1' } }))).toBe(false);
		expect(await asks(words('npm', ['test'], { env: { NODE_OPTIONS: '-r x' } }))).toBe(true);
		expect(await asks(words('npm', ['run', 'x']))).toBe(true);
		expect(await asks(words('npm test', [], { shell: true }))).toBe(true);
		// Written by a person there, allowed by a person here.
		expect(await asks(recipe)).toBe(false);
	});

	test('runs in the checkout of its own folder, whatever folder it names', async () => {
		const asked = { ...words('npm', ['test'], { cwd: '../../etc' }), place: 'repo' };
		const { submission } = await send({ ...asked, folder: join(project, 'sub') });
		expect(submission.place).toEqual({ kind: 'repo', repo: 'example.com/team/thing' });
		expect(submission.spec.command?.cwd).toBe('sub');
		const { submission: scratch } = await send(words('npm', ['test'], { cwd: '../../etc' }));
		expect(scratch.spec.command?.cwd).toBeUndefined();
	});
});
