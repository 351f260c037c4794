/** Reality → systeminformation → ours (docs/processes.md section 7), with systeminformation's real code. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../daemon/queue/ports/clock.ts';
import { createLinuxReader } from '../../../daemon/scheduling/power/linux.ts';
import { createMacReader } from '../../../daemon/scheduling/power/macos.ts';
import { createBoundedReader } from '../../../daemon/scheduling/power/reader.ts';
import {
	createBatteryReport,
	createFallbackReader,
	judgeFallback,
} from '../../../daemon/scheduling/power/windows.ts';
import { DIST, temporaryFolder } from '../../support/daemon.ts';
import { UNSHARE } from '../../support/mounts.ts';
import { LINUX_CASES, MAC_CASES, WINDOWS_CASES, writePowerTree } from '../../support/power.ts';

const SCRIPT = resolve(import.meta.dirname, '../../support/systeminformation.cjs');

interface Theirs {
	hasBattery: boolean;
	acConnected: boolean;
	percent: number;
}

const parse = (json: string) => JSON.parse(json) as Theirs;
const inWords = ({ hasBattery, acConnected, percent }: Theirs) =>
	`acConnected ${acConnected}, ${hasBattery ? `${percent} %` : 'no battery'}`;

/** A folder with programs that answer as another platform's do, to be put first in PATH. */
function programs(scripts: Record<string, string>): string {
	const folder = temporaryFolder();
	for (const [name, script] of Object.entries(scripts)) {
		writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
		chmodSync(join(folder, name), 0o755);
	}
	return folder;
}

const SHORT = join(import.meta.dirname, '../../support/shortPower.ts');

function askAs(platform: string, folder: string): Theirs {
	const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
	return parse(execFileSync(process.execPath, [SCRIPT, platform], { env, encoding: 'utf8' }));
}

describe('Linux', () => {
	it('is read right in every case', async () => {
		for (const { reality, tree, source, percent } of LINUX_CASES) {
			const root = temporaryFolder();
			writePowerTree(root, tree);
			expect(await createLinuxReader(root)(), reality).toMatchObject({ source, percent });
		}
	});

	it('takes a missing folder for a machine without a battery, an unreadable one for unknown', async () => {
		const root = join(temporaryFolder(), 'absent');
		expect(await createLinuxReader(root)()).toMatchObject({ source: 'ac' });
		writeFileSync(root, '');
		await expect(createLinuxReader(root)()).rejects.toThrow('ENOTDIR');
	});

	it('is read as unknown, not as mains, while no descriptor is left', () => {
		const root = temporaryFolder();
		writePowerTree(root, { BAT0: { type: 'Battery', status: 'Discharging', capacity: '50' } });
		const read = (left: number) => {
			const line = `ulimit -n 64; exec '${process.execPath}' '${SHORT}' '${root}' ${left}`;
			const env = { ...process.env, NODE_NO_WARNINGS: '1' };
			return execFileSync('sh', ['-c', line], { encoding: 'utf8', env }).trim();
		};
		// One is enough to list the folder, and then for one attribute after the other at most.
		expect(read(1)).toContain('EMFILE');
		expect(read(30)).toBe('battery');
	});

	it('ignores a supply that disappears while it is read', async () => {
		const root = temporaryFolder();
		writePowerTree(root, { AC: { type: 'Mains', online: '1' } });
		mkdirSync(join(root, 'BAT0'));
		expect(await createLinuxReader(root)()).toMatchObject({ source: 'ac', percent: null });
	});

	it.skipIf(UNSHARE === undefined)(
		'is read wrong by systeminformation where we overrule it',
		() => {
			const root = temporaryFolder();
			const wrong: string[] = [];
			for (const [index, { reality, tree, source, percent }] of LINUX_CASES.entries()) {
				const fixture = join(root, String(index));
				mkdirSync(fixture);
				writePowerTree(fixture, tree);
				const script =
					'mount --bind "$1" /sys/class/power_supply && exec "$2" "$3" linux && exit 1';
				const args = ['sh', '-c', script, 'sh', fixture, process.execPath, SCRIPT];
				const theirs = parse(
					execFileSync('unshare', [...(UNSHARE ?? []), ...args], { encoding: 'utf8' }),
				);
				const right =
					theirs.acConnected === (source === 'ac') &&
					(percent === null || (theirs.hasBattery && theirs.percent === percent));
				const verdict = right ? 'right' : 'WRONG';
				const ours = `${source}${percent === null ? '' : ` ${percent} %`}`;
				console.log(`${verdict} | ${reality} | ${inWords(theirs)} | ${ours}`);
				if (!right) wrong.push(reality);
			}
			expect(wrong).toEqual([
				'plugged in through ADP1, full',
				'plugged in through USB-C, charge threshold reached',
				'unplugged, battery BATT',
				'unplugged, battery CMB0',
				'unplugged, battery macsmc-battery',
				'unplugged, a large full and a small empty battery',
				'unplugged, battery at 0 %',
				'plugged in, second battery bay empty',
				'no adapter device, battery charging',
				'unplugged, driver says 101 %',
			]);
		},
	);
});

describe('macOS', () => {
	it('is read right in every case, also where systeminformation is wrong', async () => {
		const wrong: string[] = [];
		for (const { reality, output, source, percent } of MAC_CASES) {
			const folder = programs({
				pmset: `cat <<'END'\n${output}END`,
				ioreg: `echo '      "IsCharging" = No'`,
			});
			const reader = createMacReader(join(folder, 'pmset'));
			expect(await reader(), reality).toMatchObject({ source, percent });
			const theirs = askAs('darwin', folder);
			console.log(`${reality} | ${inWords(theirs)} | ${source}`);
			if (theirs.acConnected !== (source === 'ac')) wrong.push(reality);
		}
		expect(wrong).toContain('Mac mini with a UPS, on mains');
	});

	it('says so when pmset is not there', async () => {
		await expect(createMacReader('/nowhere/pmset')()).rejects.toThrow('ENOENT');
	});
});

describe('Windows', () => {
	it('believes systeminformation only where it is right', () => {
		const wrong: string[] = [];
		for (const { reality, wmi, source, percent, fallback } of WINDOWS_CASES) {
			const report = `printf 'BatteryStatus : ${wmi}\\r\\nEstimatedChargeRemaining : ${percent}\\r\\nDeviceID : X\\r\\n'`;
			const folder = programs({
				'powershell.exe': `case "$(cat) $*" in *Win32_Battery*) ${wmi === null ? ':' : report};; esac`,
			});
			const theirs = askAs('win32', folder);
			console.log(`${reality} | ${inWords(theirs)} | ${source} | fallback ${fallback}`);
			if (theirs.acConnected !== (source === 'ac')) wrong.push(reality);
			expect(judgeFallback(theirs), reality).toMatchObject({ source: fallback });
		}
		expect(wrong).toEqual(['plugged in, fully charged', 'unplugged, low', 'unplugged, critical']);
	});

	it('asks a process that may die of its own pipes without taking us along', async () => {
		const entry = (code: string) => {
			const file = join(temporaryFolder(), 'battery.cjs');
			writeFileSync(file, code);
			return file;
		};
		const ask = (file: string) =>
			createBoundedReader(
				createFallbackReader(systemClock, createBatteryReport(process.execPath, file)),
				systemClock,
				30_000,
			)();
		// What a PowerShell that ends before it has read does to whoever writes to it.
		const broken = `require('node:child_process').spawn('true').stdin.write('x'.repeat(1e6))`;
		expect(await ask(entry(broken))).toMatchObject({
			source: 'unknown',
			reason: expect.stringMatching(
				/^the power state cannot be read: Command failed with exit code 1: \S+ \S+$/,
			),
		});
		expect(await ask(entry('console.log("no JSON")'))).toMatchObject({ source: 'unknown' });
		expect(await ask(join(DIST, 'battery.js'))).toMatchObject({
			source: expect.stringMatching(/ac|battery/),
		});
	});
});
