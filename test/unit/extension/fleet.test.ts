/** Other machines in a window: where a command may go, what goes there, and the shared queue in words. */
import { expect, test } from 'vitest';
import { placesOf, portable } from '../../../extension/fleet/places.ts';
import { fleetText } from '../../../extension/fleet/text.ts';
import { createJobText } from '../../../extension/jobs/text/text.ts';
import type { FleetStatus } from '../../../shared/protocol/fleet.ts';
import { makeJob } from './makeJob.ts';

const t = (message: string, ...args: (string | number)[]) =>
	message.replace(/\{(\d)\}/g, (_, n) => String(args[Number(n)]));

const machine = (name: string, more: Partial<FleetStatus['machines'][number]> = {}) => ({
	name,
	id: name,
	key: `F${name}`,
	self: false,
	alive: true,
	seenAt: 0,
	labels: [],
	pools: [],
	running: 0,
	accepts: true,
	leaving: false,
	version: '1',
	platform: 'linux-x64',
	...more,
});

const status: FleetStatus = {
	joined: true,
	id: 'laptop',
	key: 'Flaptop',
	name: 'laptop',
	address: 'postgres://laptop@db:6432/semantica',
	unreachable: null,
	leaving: null,
	listening: false,
	roundTripMs: 3.2,
	clockMs: 0,
	warnings: [],
	accepts: [],
	undelivered: 0,
	unreported: 0,
	waiting: 2,
	machines: [
		machine('laptop', { self: true }),
		machine('box', { pools: ['gpu'], labels: ['linux'], running: 1 }),
		machine('cubi', { pools: ['eval', 'gpu'], alive: false, seenAt: null }),
	],
};

test('a command may go to this machine, to every other one, and to the pools that these work for', () => {
	expect(
		placesOf(status, t).map(({ label, description, target }) => [label, description, target]),
	).toEqual([
		['This Machine', undefined, undefined],
		['box', 'linux', { on: 'box' }],
		['cubi', '', { on: 'cubi' }],
		['Pool eval', 'cubi', { pool: 'eval' }],
		['Pool gpu', 'box, cubi', { pool: 'gpu' }],
	]);
});

test('what belongs to this machine does not go along', () => {
	const command = {
		command: 'make',
		args: ['all'],
		cwd: '/home/me/x',
		env: { PATH: '/bin' },
		shell: false,
	};
	const spec = {
		type: 'command' as const,
		title: 'make all',
		workspace: 'file:///home/me/x',
		command,
	};
	expect(portable(spec, { place: { kind: 'scratch' } })).toEqual({
		place: { kind: 'scratch' },
		spec: {
			type: 'command',
			title: 'make all',
			notify: 'failed',
			command: { command: 'make', args: ['all'], shell: false },
		},
	});
	const repo = { kind: 'repo' as const, repo: 'example.com/a/b' };
	expect(portable(spec, { place: repo, cwd: 'sub' }).spec.command).toMatchObject({ cwd: 'sub' });
});

test('the shared queue in words, in which no machine writes lines of its own', () => {
	const rule = { shell: false, recipes: [], secrets: [], repos: [], self: false };
	const text = fleetText(
		{
			...status,
			unreachable: { since: 7, message: 'It cannot be reached.' },
			warnings: ['The clock differs.'],
			accepts: [
				{ ...rule, key: 'Fbox', commands: false, pools: [], atMost: 1 },
				{ ...rule, key: 'Fcubi', commands: true, pools: ['gpu'], atMost: 2 },
			],
			leaving: 'whenDone',
			machines: [
				machine('box', {
					labels: ['a\nMachines\n  evil'],
					seenAt: 5,
					alive: false,
					leaving: true,
				}),
			],
		},
		t,
		(at) => `<${at}>`,
	);
	expect(text.split('\n')).toEqual([
		'postgres://laptop@db:6432/semantica, joined as laptop',
		'It is not reachable since <7>: It cannot be reached.',
		'It is leaving, and takes nothing new.',
		'Jobs that wait in it: 2',
		'Key of this machine: Flaptop',
		'',
		'Look at this',
		'  The clock differs.',
		'',
		'Machines',
		'  box · last heard of: <5> · is leaving · a Machines   evil · Fbox',
		'',
		'Whose work runs here',
		'  Fbox: runs nothing here, and is believed',
		'  Fcubi: any command, pool gpu, at most 2 at once',
		'',
	]);
	expect(fleetText({ ...status, joined: false }, t, String)).toContain('joined no shared queue');
});

test('a row says on which machine its job is', () => {
	const text = createJobText(t, 'en', () => 0);
	const job = makeJob({ state: 'running', machine: 'box' });
	expect(text.description(job, undefined)).toBe('box · running');
	expect(text.facts(job)).toContainEqual(['Machine', 'box']);
	expect(text.facts(makeJob({ state: 'running' })).map(([name]) => name)).not.toContain('Machine');
});
