import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMeaningEntries } from '../../../daemon/indexing/meaning/agreed.ts';
import { openConfig } from '../../../daemon/instance/config.ts';
import { openHooks } from '../../../daemon/instance/hooks.ts';
import { openSettings } from '../../../daemon/instance/settings.ts';
import { openWorkerEntries } from '../../../daemon/instance/workers.ts';
import { aiConfigSchema } from '../../../shared/protocol/ai.ts';
import { temporaryFolder } from '../../support/daemon.ts';

function open(file: string, warn: (sentence: string) => void = () => {}) {
	return openSettings(openConfig(file, warn), warn);
}

const DEFAULTS = open(join(tmpdir(), 'there is no such file'), () => {}).values;

function read(text?: string) {
	const file = join(temporaryFolder(), 'config.json');
	if (text !== undefined) writeFileSync(file, text);
	const warnings: string[] = [];
	return {
		config: open(file, (sentence) => warnings.push(sentence)).values,
		warnings,
		file,
	};
}

test('without a file the defaults hold and nothing is said', () => {
	const { config, warnings } = read();
	expect(config).toMatchObject({ idleExitMs: 600_000, durability: 'full', retentionCount: 20_000 });
	expect(warnings).toEqual([]);
});

test('what the file sets holds, the rest is default', () => {
	expect(read('{"idleExitMs": 5}')).toMatchObject({
		config: { ...DEFAULTS, idleExitMs: 5 },
		warnings: [],
	});
	expect(read('{"durability": "normal"}').config).toEqual({ ...DEFAULTS, durability: 'normal' });
});

describe('a file that cannot be used leaves the defaults and says why', () => {
	test.each([
		['no JSON', '{idleExitMs: 5}', /not valid/],
		['cut short', '{"idleExitMs": 5', /not valid/],
		['empty', '', /not valid/],
		['another type', '[]', /expected object/],
		['a negative time', '{"idleExitMs": -1}', /idleExitMs/],
		['a time beyond all timers', '{"idleExitMs": 2147483648}', /idleExitMs/],
		['a word that is none', '{"durability": "sometimes"}', /durability/],
		['an unknown setting', '{"idelExitMs": 5}', /idelExitMs/],
	])('%s', (_name, text, reason) => {
		const { config, warnings, file } = read(text);
		expect(config).toEqual(DEFAULTS);
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain(file);
		expect(warnings[0]).toMatch(reason);
	});

	test('a folder', () => {
		const file = join(temporaryFolder(), 'config.json');
		mkdirSync(file);
		const warnings: string[] = [];
		expect(open(file, (sentence) => warnings.push(sentence)).values).toEqual(DEFAULTS);
		expect(warnings[0]).toMatch(/cannot be read: EISDIR/);
	});
});

describe('an update', () => {
	test("is kept, counted and refused on top of somebody else's", () => {
		const file = join(temporaryFolder(), 'config.json');
		const settings = open(file);
		expect(settings.update({ values: { idleExitMs: 7 }, revision: 0 })).toMatchObject({
			values: { ...DEFAULTS, idleExitMs: 7 },
			revision: 1,
		});
		expect(open(file).get()).toEqual(settings.get());
		expect(settings.update({ values: { idleExitMs: null }, revision: 1 })).toMatchObject({
			values: { idleExitMs: 600_000 },
			revision: 2,
		});
		expect(() => settings.update({ values: { unheardOf: null }, revision: 2 })).toThrow(
			'unheardOf',
		);
		expect(() => settings.update({ values: {}, revision: 0 })).toThrow(
			expect.objectContaining({ kind: 'CONFLICT' }),
		);
	});

	test.each([
		['values.idleExitMs', { idleExitMs: 'soon' }],
		['values.nothing', { nothing: 1 }],
	])('with a bad %s changes nothing', (path, values) => {
		const settings = open(join(temporaryFolder(), 'config.json'), () => {});
		expect(() => settings.update({ values, revision: 0 })).toThrow(
			expect.objectContaining({ kind: 'VALIDATION', data: expect.objectContaining({ path }) }),
		);
		expect(settings.get()).toEqual({ values: DEFAULTS, revision: 0 });
	});

	test('say nothing of what AI tools may do, and keep it when they change', () => {
		const file = join(temporaryFolder(), 'config.json');
		const settings = open(file);
		const ai = { run: 'ask', allow: [], folders: ['/home/me/project'], fleet: [] } as const;
		settings.updateAi({ ...ai, allow: [], folders: [...ai.folders], fleet: [] });
		expect(settings.get().values).toEqual(DEFAULTS);
		settings.update({ values: { idleExitMs: 5 }, revision: settings.get().revision });
		expect(open(file).ai).toEqual(ai);
		const sneaked = { values: { ai: { run: 'host' } }, revision: 1 };
		expect(() => settings.update(sneaked)).toThrow('ai');
	});

	test.each(['{', '{"ai": {"run": "everything"}}', '{"unknown": 1, "ai": {"run": "host"}}'])(
		'that cannot be understood let AI tools run nothing: %s',
		(text) => {
			const file = join(temporaryFolder(), 'config.json');
			writeFileSync(file, text);
			expect(open(file).ai.run).toBe('off');
		},
	);
});

describe('what is not understood is not written over', () => {
	const conflict = (sentence: RegExp) =>
		expect.objectContaining({ kind: 'CONFLICT', message: expect.stringMatching(sentence) });
	const ai = aiConfigSchema.parse({ folders: ['/home/me/project'] });

	test('by anybody, where the file cannot be used as a whole', () => {
		const text = '{"minBattery": 7, "hooks": [{"on": "ended"}],}';
		const file = join(temporaryFolder(), 'config.json');
		const secrets = join(temporaryFolder(), 'secrets.json');
		writeFileSync(file, text);
		writeFileSync(secrets, '{"meaning": []}');
		const config = openConfig(file, () => {});
		const settings = openSettings(config, () => {});
		const command = { command: 'true', args: [], env: {}, shell: false };
		const consent = { root: '/', origin: 'http://127.0.0.1', model: 'm' };
		const meaning = { root: '/', endpoint: consent.origin, model: 'm', consent };
		for (const change of [
			() => settings.updateAi(ai),
			() => settings.update({ values: { minBattery: 8 }, revision: 0 }),
			() =>
				openHooks(config, () => {}).update({
					add: [{ on: 'ended', filter: {}, command }],
					remove: [],
				}),
			() =>
				openWorkerEntries(config, () => {}).put({ name: 'w', types: ['t'], command, idleMs: 1 }),
			() => openMeaningEntries(config, secrets).put(meaning, 'key'),
		]) {
			expect(change).toThrow(conflict(/is not valid.*Mend the file/s));
		}
		expect(readFileSync(file, 'utf8')).toBe(text);
		expect(readFileSync(secrets, 'utf8')).not.toContain('key');
		expect(settings.ai).toMatchObject({ run: 'off', folders: [] });
	});

	test.each([
		'{"minBattery": 120, "retentionMs": 5, "ai": {"folders": ["/a"]}}',
		'{"minBattery": 7, "ai": {"run": "everything", "folders": ["/a"]}}',
	])('where a value of it is not valid, others change their own part: %s', (text) => {
		const file = join(temporaryFolder(), 'config.json');
		writeFileSync(file, text);
		const config = openConfig(file, () => {});
		const settings = openSettings(config, () => {});
		expect(() => settings.updateAi(ai)).toThrow(conflict(/Mend the file/));
		expect(() => settings.update({ values: { minBattery: 8 }, revision: 0 })).toThrow(
			conflict(/Mend the file/),
		);
		expect(readFileSync(file, 'utf8')).toBe(text);
		config.write({ hooks: [] });
		expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject(JSON.parse(text));
	});
});
