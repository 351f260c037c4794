/** The platforms that a package of its own is made for, as vsce calls them, and the binaries that each carries. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const TARGETS = {
	'linux-x64': ['linux-x64.node', 'pty-linux-x64.node'],
	'linux-arm64': ['linux-arm64.node', 'pty-linux-arm64.node'],
	'alpine-x64': ['linuxmusl-x64.node'],
	'alpine-arm64': ['linuxmusl-arm64.node'],
	'darwin-x64': ['darwin-x64.node', 'pty-darwin-x64.node'],
	'darwin-arm64': ['darwin-arm64.node', 'pty-darwin-arm64.node'],
	'win32-x64': ['win32-x64.node', 'koffi-win32-x64.node'],
	'win32-arm64': ['win32-arm64.node', 'koffi-win32-arm64.node'],
};

export const UNIVERSAL = 'universal';

/** @returns the binaries of a package: those of one platform, or of all. */
export function binariesOf(target) {
	return target === UNIVERSAL ? Object.values(TARGETS).flat() : TARGETS[target];
}

/** @returns a sentence for each binary that is missing, or is for another machine than its name says. */
export function lacks(nativeFolder, target) {
	return binariesOf(target).flatMap((file) => {
		let content;
		try {
			content = readFileSync(join(nativeFolder, file));
		} catch {
			return [`${file} is missing. Run npm ci where the npm registry can be reached.`];
		}
		const expected = file.replace(/^(?:koffi|pty)-|\.node$/g, '');
		const found = platformOf(content);
		return found === expected ? [] : [`${file} is made for ${found ?? 'no platform known here'}.`];
	});
}

const ELF = { 62: 'x64', 183: 'arm64' };
const MACH_O = { 16777223: 'x64', 16777228: 'arm64' };
const PE = { 34404: 'x64', 43620: 'arm64' };

/** @returns the platform that compiled code is for, as its first bytes say. */
export function platformOf(content) {
	if (content.length < 64) return undefined;
	if (content.toString('latin1', 0, 4) === '\x7fELF') {
		const system = content.includes('libc.musl-') ? 'linuxmusl' : 'linux';
		return named(system, ELF[content.readUInt16LE(18)]);
	}
	if (content.readUInt32LE(0) === 0xfeedfacf)
		return named('darwin', MACH_O[content.readUInt32LE(4)]);
	const header = content.readUInt32LE(60);
	if (content.toString('latin1', 0, 2) === 'MZ' && header + 6 <= content.length) {
		return named('win32', PE[content.readUInt16LE(header + 4)]);
	}
	return undefined;
}

const named = (system, processor) =>
	processor === undefined ? undefined : `${system}-${processor}`;
