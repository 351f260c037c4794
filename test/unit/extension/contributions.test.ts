/** package.json against the typed module: an id that exists on one side only fails here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
	AI_DOORS,
	BESIDE_FLAG,
	COMMANDS,
	CONTEXT_KEYS,
	DASHBOARD,
	DESKTOP_NOTIFICATIONS,
	DETAILS_SCHEME,
	GROUP_FLAGS,
	INDEX_ON_BATTERY,
	INDEX_ON_OPEN,
	JOB_FLAGS,
	LOG_LEVELS,
	LOG_SCHEME,
	MCP_PROVIDER,
	MORE_FLAG,
	ROW_COMMANDS,
	rowCommandId,
	SCHEDULE_FLAGS,
	SETTINGS,
	VIEW_CONTAINER,
	VIEWS,
	WALKTHROUGH,
} from '../../../extension/contributions.ts';
import {
	FILE_FLAG,
	HAS_RESULTS,
	HIT_FLAG,
	RESULT_COMMANDS,
	RESULTS_VIEW,
} from '../../../extension/search/results/contributions.ts';
import { languageModelTools } from '../../../scripts/languageModelTools.ts';

interface MenuItem {
	readonly command: string;
	readonly when?: string;
	readonly group?: string;
}
interface Property {
	readonly default: unknown;
	readonly scope: string;
	readonly order: number;
	readonly markdownDescription: string;
	readonly enum?: readonly string[];
}

const root = join(import.meta.dirname, '../../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const strings: Record<string, string> = JSON.parse(
	readFileSync(join(root, 'package.nls.json'), 'utf8'),
);
const { contributes } = manifest;
const menus = contributes.menus as Record<string, MenuItem[]>;
/** Those of the results view are registered with it. */
const commandIds = [
	...Object.values(COMMANDS).map(({ id }) => id as string),
	...ROW_COMMANDS.map(rowCommandId),
	...Object.values(RESULT_COMMANDS),
];
const properties = contributes.configuration.properties as Record<string, Property>;

/** Context keys of the editor itself that our when-clauses may use. */
const EDITOR_KEYS = new Set([
	'view',
	'viewItem',
	'isWorkspaceTrusted',
	'workspaceFolderCount',
	'explorerResourceIsFolder',
	'resource',
	'resourceScheme',
	'listMultiSelection',
	'listFocus',
	'inputFocus',
	'focusedView',
]);

const whenClauses = [
	...Object.values(menus).flat(),
	...contributes.viewsWelcome,
	...contributes.keybindings,
	...contributes.commands.map((command: { enablement?: string }) => ({ when: command.enablement })),
]
	.map(({ when }: { when?: string }) => when)
	.filter((when): when is string => when !== undefined);

/** The identifiers on the left of a when-clause's operators, and the lists that are looked through. */
function keysOf(when: string): string[] {
	return when
		.split(/&&|\|\|/)
		.flatMap((term) => {
			const [left = '', ...rest] = term.trim().replace(/^!/, '').split(/\s+/);
			const list = /^(?:not )?in (\S+)$/.exec(rest.join(' '))?.[1];
			return list === undefined ? [left] : [left, list];
		})
		.filter((key) => key !== 'false' && key !== 'true');
}

/** What makes sense for one job only. */
const OF_ONE_JOB: readonly string[] = [
	...(['showLog', 'openLogInTerminal', 'openLogFile'] as const),
	...(['showDetails', 'explainWaiting', 'revealFolder'] as const),
].map(rowCommandId);

describe('package.json', () => {
	it('contributes exactly the commands of the typed module', () => {
		const contributed = contributes.commands.map((command: { command: string }) => command.command);
		expect(contributed.sort()).toEqual([...commandIds].sort());
		for (const command of contributes.commands) {
			expect(command.category).toBe('Semantica');
			expect(command.icon).toMatch(/^\$\([a-z-]+\)$/);
		}
	});

	it('has a file per command', () => {
		const files = readdirSync(join(root, 'extension/commands'));
		const expected = Object.keys(COMMANDS).map((name) => `${name}.ts`);
		expect(files).toEqual(expect.arrayContaining(expected));
	});

	it('shows words of others in notifications only by what leaves no links in them', () => {
		const folder = join(root, 'extension');
		const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
		const calls = files
			.filter((name) => name.endsWith('.ts') && name !== 'messages.ts')
			.flatMap((name) => {
				const text = readFileSync(join(folder, name), 'utf8');
				const shown = /window\.show(?:Information|Warning|Error)Message\b[^;]*?(?:;|modal: true)/g;
				return [...text.matchAll(shown)].map(([call]) => [name, call]);
			});
		expect(calls.length).toBeGreaterThan(5);
		// A dialog shows its words as they are.
		expect(calls.filter(([, call]) => !call?.endsWith('modal: true'))).toEqual([]);
	});

	it('hides from the palette what makes no sense there, and nothing else', () => {
		const hidden = menus['commandPalette']
			?.filter(({ when }) => when === 'false')
			.map(({ command }) => command);
		const expected = Object.values(COMMANDS)
			.filter(({ palette }) => !palette)
			.map(({ id }) => id);
		expect(hidden).toEqual([...expected, ...ROW_COMMANDS.map(rowCommandId)]);
	});

	it('names in the palette what a command is about, and on rows only what it does', () => {
		const titleOf = (name: string) => strings[`command.${name}`] ?? '';
		for (const name of ROW_COMMANDS) {
			expect(titleOf(name)).toMatch(/ Job( .*)?…$/);
			expect(titleOf(`row.${name}`)).not.toMatch(/Job|Schedule/);
		}
		const ofSchedules = Object.keys(COMMANDS).filter((name) => name.endsWith('Schedule'));
		for (const name of ofSchedules) expect(titleOf(name)).toMatch(/ Schedule( .*)?…$/);
		const inPalette = Object.entries(COMMANDS).filter(([, { palette }]) => palette);
		const titles = inPalette.map(([name]) => titleOf(name));
		expect(new Set(titles).size).toBe(titles.length);
	});

	it('has on rows the commands of rows, as far as there are any', () => {
		const onRows = (menus['view/item/context'] ?? []).map(({ command }) => command);
		for (const name of ROW_COMMANDS) {
			expect(onRows).toContain(rowCommandId(name));
			expect(onRows).not.toContain(COMMANDS[name].id);
		}
	});

	it('uses only existing commands in menus, welcome texts and the walkthrough', () => {
		const inMenus = Object.values(menus)
			.flat()
			.map(({ command }) => command);
		const inTexts = Object.values(strings).flatMap((text) =>
			[...text.matchAll(/\(command:(semantica\.[\w.]+)\)/g)].map((match) => match[1]),
		);
		const known = [...commandIds, ...Object.values(VIEWS).map((view) => `${view}.focus`)];
		const onKeys = contributes.keybindings.map(({ command }: MenuItem) => command);
		for (const id of [...inMenus, ...inTexts, ...onKeys]) expect(known).toContain(id);
	});

	it('offers nothing in Restricted Mode that would be refused', () => {
		for (const { id, needsTrust } of Object.values(COMMANDS)) {
			const { enablement } = contributes.commands.find(
				({ command }: { command: string }) => command === id,
			);
			expect([id, enablement]).toEqual([id, needsTrust ? 'isWorkspaceTrusted' : undefined]);
			// What is not enabled still stands in a menu, only greyed out; rows there are none.
			const places = [...(menus['view/title'] ?? []), ...(menus['explorer/context'] ?? [])];
			for (const { when = '' } of places.filter(({ command }) => command === id)) {
				expect([id, when.split(' && ').includes('isWorkspaceTrusted')]).toEqual([id, needsTrust]);
			}
		}
	});

	it('keeps the menu of the selected jobs where a selection touches a row that is none', () => {
		const items = (menus['view/item/context'] ?? []).filter(
			({ command, group }) => !group?.startsWith('inline') && !OF_ONE_JOB.includes(command),
		);
		const jobItems = items.filter(
			({ when }) => !/\\b(schedule|group)|semantica\.results/.test(when ?? ''),
		);
		const beside = items.filter(({ when }) => when?.includes(`\\b${BESIDE_FLAG}\\b`));
		const onJobs = jobItems.filter((item) => !beside.includes(item));
		const places = (of: MenuItem[]) => of.map(({ command, group }) => [command, group]);
		expect(places(beside)).toEqual(places(onJobs));
		for (const { when } of beside) expect(when?.split(' && ')).toContain('listMultiSelection');
	});

	it('offers every inline action in the context menu too', () => {
		const items = menus['view/item/context'] ?? [];
		const inline = items.filter(({ group }) => group?.startsWith('inline'));
		const menu = items.filter(({ group }) => !group?.startsWith('inline'));
		expect(inline.length).toBeGreaterThan(0);
		for (const { command, when } of inline) {
			expect(menu).toContainEqual(expect.objectContaining({ command, when }));
		}
	});

	it('contributes exactly the views of the typed module', () => {
		expect(Object.keys(contributes.views)).toEqual([VIEW_CONTAINER]);
		const views = contributes.views[VIEW_CONTAINER].map(({ id }: { id: string }) => id);
		expect(views).toEqual([...Object.values(VIEWS), RESULTS_VIEW]);
		expect(contributes.viewsContainers.activitybar[0].id).toBe(VIEW_CONTAINER);
		for (const { view } of contributes.viewsWelcome) expect(views).toContain(view);
	});

	it('contributes exactly the settings of the typed module, with their defaults', () => {
		expect(Object.keys(properties).sort()).toEqual(
			Object.values(SETTINGS)
				.map(({ key }) => key as string)
				.sort(),
		);
		for (const { key, default: value } of Object.values(SETTINGS)) {
			expect(properties[key]?.default).toEqual(value);
		}
		expect(properties[SETTINGS.logLevel.key]?.enum).toEqual(LOG_LEVELS);
		expect(properties[SETTINGS.indexOnOpen.key]?.enum).toEqual(INDEX_ON_OPEN);
		expect(properties[SETTINGS.indexOnBattery.key]?.enum).toEqual(INDEX_ON_BATTERY);
		expect(properties[SETTINGS.desktopNotifications.key]?.enum).toEqual(DESKTOP_NOTIFICATIONS);
	});

	it('lets no workspace decide for the whole machine', () => {
		for (const [key, { scope }] of Object.entries(properties)) {
			const ofFolder = key.startsWith('semantica.index.');
			expect([key, scope]).toEqual([
				key,
				ofFolder ? 'resource' : expect.stringMatching(/^(application|machine)$/),
			]);
		}
		const restricted = Object.keys(properties).filter(
			(key) => properties[key]?.scope === 'resource',
		);
		expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.sort()).toEqual(
			restricted.sort(),
		);
	});

	it('orders the settings without a tie', () => {
		const orders = Object.values(properties).map(({ order }) => order);
		expect(new Set(orders).size).toBe(orders.length);
	});

	it('uses only known context keys and flags in when-clauses', () => {
		for (const key of whenClauses.flatMap(keysOf)) {
			expect([...EDITOR_KEYS, ...CONTEXT_KEYS, HAS_RESULTS]).toContain(key);
		}
		const flags = whenClauses.flatMap((when) =>
			[...when.matchAll(/viewItem =~ \/\\b(\w+)\\b\//g)].map((match) => match[1]),
		);
		expect(flags.length).toBe(whenClauses.filter((when) => when.includes('viewItem')).length);
		for (const flag of flags)
			expect([
				...[...JOB_FLAGS, ...SCHEDULE_FLAGS, ...GROUP_FLAGS, MORE_FLAG, BESIDE_FLAG],
				...[HIT_FLAG, FILE_FLAG],
			]).toContain(flag);
	});

	it('compares context keys with values they can have', () => {
		const states = [
			...['stopped', 'starting', 'connected', 'handover'],
			...['reconnecting', 'outdated', 'failed'],
		];
		const compared = whenClauses.flatMap((when) =>
			[...when.matchAll(/semantica\.connection (?:==|=~) (\S+)/g)].flatMap((match) =>
				(match[1] ?? '').replace(/^\/\^\(|\)\$\/$/g, '').split('|'),
			),
		);
		expect(compared.length).toBeGreaterThan(0);
		for (const value of compared) expect(states).toContain(value);
	});

	it('offers the server for AI tools under the name by which it is registered', () => {
		expect(contributes.mcpServerDefinitionProviders).toEqual([
			{ id: MCP_PROVIDER, label: 'Semantica' },
		]);
	});

	it('declares the tools of the server, which may be registered where they are declared', () => {
		// Else: node scripts/languageModelTools.ts
		expect(contributes.languageModelTools).toEqual(languageModelTools());
		for (const { name, when } of contributes.languageModelTools) {
			expect(name).toMatch(/^semantica_[a-z_]+$/);
			const door = SETTINGS.aiDoor.key;
			expect(keysOf(when)).toEqual([
				'isWorkspaceTrusted',
				'workspaceFolderCount',
				`config.${door}`,
			]);
		}
		expect(properties[SETTINGS.aiDoor.key]?.enum).toEqual(AI_DOORS);
	});

	it('has every string it refers to, and no other', () => {
		const used = [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]);
		expect([...new Set(used)].sort()).toEqual(Object.keys(strings).sort());
	});

	it('has the pictures and pages it refers to', () => {
		const [walkthrough] = contributes.walkthroughs;
		expect(walkthrough.id).toBe(WALKTHROUGH);
		const files = [
			manifest.icon,
			contributes.viewsContainers.activitybar[0].icon,
			...walkthrough.steps.map((step: { media: { markdown: string } }) => step.media.markdown),
		];
		for (const file of files) expect([file, existsSync(join(root, file))]).toEqual([file, true]);
	});

	it('supports exactly the editors whose types it is checked against', () => {
		const types = manifest.devDependencies['@types/vscode'] as string;
		expect(manifest.engines.vscode).toBe(`^${types}.0`);
	});

	it('is activated by start-up, views and commands, never by everything', () => {
		expect(manifest.activationEvents).toEqual([
			'onStartupFinished',
			`onFileSystem:${LOG_SCHEME}`,
			`onFileSystem:${DETAILS_SCHEME}`,
			`onWebviewPanel:${DASHBOARD}`,
		]);
	});
});
