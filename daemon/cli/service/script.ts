/** bin/service.sh: what systemd and launchd start. It becomes the daemon of the newest build that is there. */
import { join } from 'node:path';
import { daemonVariables, SERVICE_VARIABLE } from '../../../shared/client/launch.ts';
import type { DataPaths } from '../../../shared/paths.ts';

export interface ServiceFiles {
	readonly script: string;
	readonly newest: string;
}

export function serviceFiles({ bin }: DataPaths): ServiceFiles {
	return { script: join(bin, 'service.sh'), newest: join(bin, 'newest.js') };
}

/** @param node A Node, or an Electron that is told to act as one. */
export function serviceScript(paths: DataPaths, node: string): string {
	const { newest } = serviceFiles(paths);
	const variables = Object.entries(daemonVariables(paths.home)).map(
		([name, value]) => `${name}=${quoted(value)}`,
	);
	return [
		'#!/bin/sh',
		'# Made by "semantica service install". Becomes the daemon of the newest build under bin/.',
		`node=${quoted(node)}`,
		'[ -x "$node" ] || node=$(command -v node) || {',
		'	echo "Semantica\'s service finds no Node any more. Run: semantica service install" >&2',
		'	exit 1',
		'}',
		`export ${[...variables, `${SERVICE_VARIABLE}=1`].join(' ')}`,
		`build=$("$node" ${quoted(newest)}) || exit 1`,
		'export NODE_COMPILE_CACHE="$build/compiled"',
		`cd ${quoted(paths.home)} || exit 1`,
		'exec "$node" "$build/daemon.js"',
		'',
	].join('\n');
}

/** One word for sh, whatever it holds. */
export function quoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
