/** Builds of other versions and protocols, made as this one is, to let them meet. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { type BuildInfo, readBuildInfo } from '../../shared/build.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export interface TestBuild {
	/** Its dist folder. */
	readonly dist: string;
	readonly info: BuildInfo;
}

/** To be called outside of tests: it is removed after the last one of the file. */
export function buildAs(
	version: string,
	{ protocol }: { readonly protocol?: number } = {},
): TestBuild {
	const dist = mkdtempSync(join(tmpdir(), `semantica-build-${version}-`));
	afterAll(() => rmSync(dist, { recursive: true, force: true }));
	const other = protocol === undefined ? [] : ['--protocol', String(protocol)];
	execFileSync(
		process.execPath,
		[join(ROOT, 'esbuild.mjs'), '--out', dist, '--version', version, ...other],
		{ cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
	);
	return { dist, info: readBuildInfo(dist) };
}

/** One to be changed while the other stays. */
export function copyOf({ dist, info }: TestBuild): TestBuild {
	const copy = mkdtempSync(join(tmpdir(), 'semantica-build-copy-'));
	onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
	cpSync(dist, copy, { recursive: true });
	return { dist: copy, info };
}

/** Adds a file to a build, or changes one, as if it had been built so. */
export function rebuiltWith({ dist, info }: TestBuild, path: string, content: string): TestBuild {
	writeFileSync(join(dist, path), content);
	const sha256 = createHash('sha256').update(content).digest('hex');
	const file = { path, size: Buffer.byteLength(content), sha256 };
	const daemonFiles = [...info.daemonFiles.filter((known) => known.path !== path), file];
	const changed = { ...info, buildId: `${info.version}-${sha256.slice(0, 12)}`, daemonFiles };
	writeFileSync(join(dist, 'build.json'), JSON.stringify(changed));
	return { dist, info: changed };
}

/** What daemon.json says. */
export function runningBuild(
	home: string,
): { version: string; buildId: string; pid: number } | undefined {
	try {
		return JSON.parse(readFileSync(join(home, 'run/daemon.json'), 'utf8'));
	} catch {
		return undefined;
	}
}
