/** Installing a VSIX, this build's or another's, into a folder of extensions. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { codeServer } from './setup.ts';

const PACKAGE = join(import.meta.dirname, '../../scripts/package.mjs');

export function installExtension(vsix: string, extensions: string, work: string): void {
	execFileSync(
		process.execPath,
		[
			codeServer,
			...['--config', join(work, 'code-server.yaml')],
			...['--user-data-dir', join(work, 'install')],
			...['--extensions-dir', extensions],
			...['--install-extension', vsix],
		],
		{ stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, XDG_DATA_HOME: work } },
	);
}

/** A VSIX of another version, packaged and installed. @returns its folder of extensions. */
export function installOther(build: {
	readonly version: string;
	readonly protocol?: string;
}): string {
	const work = process.env['SEMANTICA_E2E_WORK'];
	if (work === undefined) throw new Error('SEMANTICA_E2E_WORK is not set: use npm run test:e2e.');
	const folder = mkdtempSync(join(work, `other-${build.version}-`));
	const vsix = join(folder, 'semantica.vsix');
	const flags = Object.entries(build).flatMap(([name, value]) => [`--${name}`, value]);
	execFileSync(process.execPath, [PACKAGE, '--out', vsix, ...flags], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const extensions = join(folder, 'extensions');
	installExtension(vsix, extensions, folder);
	return extensions;
}
