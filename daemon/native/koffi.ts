/** Calling functions of Windows through koffi's native module; its JavaScript part does not survive bundling. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface Koffi {
	load(library: string): {
		func(
			convention: string,
			name: string,
			result: string,
			parameters: readonly string[],
		): (...values: unknown[]) => unknown;
	};
}

/**
 * @param binary koffi's native module for this platform
 * @returns a sentence that says why not, where it cannot be had
 */
export function loadKoffi(binary: string): Koffi | string {
	if (!existsSync(binary)) return `${binary} is missing.`;
	// A native module that does not fit takes its process with it: a child goes first.
	const probe = spawnSync(
		process.execPath,
		['-e', 'process.dlopen({ exports: {} }, process.argv[1])', binary],
		{ stdio: 'ignore', windowsHide: true, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } },
	);
	if (probe.status !== 0) return `${binary} cannot be loaded.`;
	const module: { exports: unknown } = { exports: {} };
	process.dlopen(module as NodeJS.Module, binary);
	return module.exports as Koffi;
}
