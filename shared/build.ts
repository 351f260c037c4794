/** dist/build.json: what a build is called, when it was made, and which files a daemon needs to run from a copy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What two builds are told apart and ordered by (docs/decisions/0007-version-handover.md). */
export interface BuildStamp {
	readonly version: string;
	/** Hash of the built files; names the daemon's copy under bin/. */
	readonly buildId: string;
	/** Epoch ms; 0 where a build does not say. */
	readonly builtAt: number;
}

export interface BuildFile {
	/** Relative to the folder of build.json, with forward slashes. */
	readonly path: string;
	readonly size: number;
	readonly sha256: string;
}

export interface BuildInfo extends BuildStamp {
	readonly daemonFiles: readonly BuildFile[];
}

export function readBuildInfo(distFolder: string): BuildInfo {
	return JSON.parse(readFileSync(join(distFolder, 'build.json'), 'utf8')) as BuildInfo;
}

/**
 * Positive where `a` is newer: by version, then by when it was built. Builds of one content are the same; the
 * last resort only keeps two builds of one moment from replacing each other for ever.
 */
export function compareBuilds(a: BuildStamp, b: BuildStamp): number {
	if (a.buildId === b.buildId) return 0;
	return (
		compareVersions(a.version, b.version) ||
		a.builtAt - b.builtAt ||
		(a.buildId < b.buildId ? -1 : 1)
	);
}

export const isNewer = (a: BuildStamp, b: BuildStamp): boolean => compareBuilds(a, b) > 0;

/** As a person names a build: by its version, and by its hash where the other one has the same version. */
export function buildName(build: BuildStamp, other: BuildStamp): string {
	if (build.version !== other.version || build.buildId === other.buildId) return build.version;
	return build.buildId;
}

const { compare: numeric } = new Intl.Collator('en', { numeric: true });

// Semantic versioning, as far as extensions and packages use it: 0.10.0 after 0.9.0, 1.0.0 after 1.0.0-rc.1.
function compareVersions(a: string, b: string): number {
	const [coreA, previewA] = parts(a);
	const [coreB, previewB] = parts(b);
	return (
		numeric(coreA, coreB) ||
		Number(previewA === '') - Number(previewB === '') ||
		numeric(previewA, previewB)
	);
}

function parts(version: string): [core: string, preview: string] {
	const [core = '', ...preview] = (version.split('+', 1)[0] ?? '').split('-');
	return [core, preview.join('-')];
}
