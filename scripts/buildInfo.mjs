/** dist/build.json: what a build is called, and each file that a daemon needs to run from a copy. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function writeBuildInfo(dist, { version, builtAt, paths }) {
	const files = paths.map((path) => {
		const content = readFileSync(join(dist, path));
		const sha256 = createHash('sha256').update(content).digest('hex');
		return { path, size: content.length, sha256 };
	});
	const hash = createHash('sha256').update(version);
	for (const { path, sha256 } of files) hash.update(path).update(sha256);
	const buildId = `${version}-${hash.digest('hex').slice(0, 12)}`;
	const info = { version, buildId, builtAt, daemonFiles: files };
	writeFileSync(join(dist, 'build.json'), `${JSON.stringify(info, null, 2)}\n`);
}
