/** Power supplies as the kernel, pmset and Windows describe them: one fixture per row of docs/processes.md section 7. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerReading } from '../../daemon/scheduling/power/reader.ts';

/** Supply name → attribute → text, as under /sys/class/power_supply. */
export type PowerTree = Record<string, Record<string, string>>;

export interface LinuxCase {
	readonly reality: string;
	readonly tree: PowerTree;
	readonly source: PowerReading['source'];
	readonly percent: number | null;
}

const mains = (online: 0 | 1) => ({ type: 'Mains', online: String(online) });
const battery = (status: string, capacity: number, full = 50_000_000) => ({
	type: 'Battery',
	present: '1',
	status,
	capacity: String(capacity),
	energy_full: String(full),
	energy_now: String(Math.round((full * capacity) / 100)),
});

export const LINUX_CASES: readonly LinuxCase[] = [
	{
		reality: 'plugged in, adapter AC, BAT0 charging',
		tree: { AC: mains(1), BAT0: battery('Charging', 80) },
		source: 'ac',
		percent: 80,
	},
	{
		reality: 'unplugged, adapter AC, BAT0 discharging',
		tree: { AC: mains(0), BAT0: battery('Discharging', 43) },
		source: 'battery',
		percent: 43,
	},
	{
		reality: 'plugged in through ADP1, full',
		tree: { ADP1: mains(1), BAT0: battery('Full', 100) },
		source: 'ac',
		percent: 100,
	},
	{
		reality: 'plugged in through USB-C, charge threshold reached',
		tree: {
			'ucsi-source-psy-USBC000:001': { type: 'USB', online: '1' },
			BAT0: battery('Not charging', 80),
		},
		source: 'ac',
		percent: 80,
	},
	{
		reality: 'unplugged, battery BATT',
		tree: { ACAD: mains(0), BATT: battery('Discharging', 60) },
		source: 'battery',
		percent: 60,
	},
	{
		reality: 'unplugged, battery CMB0',
		tree: { ADP1: mains(0), CMB0: battery('Discharging', 60) },
		source: 'battery',
		percent: 60,
	},
	{
		reality: 'unplugged, battery macsmc-battery',
		tree: { 'macsmc-ac': mains(0), 'macsmc-battery': battery('Discharging', 60) },
		source: 'battery',
		percent: 60,
	},
	{
		reality: 'unplugged, a large full and a small empty battery',
		tree: {
			AC: mains(0),
			BAT0: battery('Unknown', 100, 72_000_000),
			BAT1: battery('Discharging', 10, 24_000_000),
		},
		source: 'battery',
		percent: 78,
	},
	{
		reality: 'unplugged, battery at 0 %',
		tree: { AC: mains(0), BAT0: battery('Discharging', 0) },
		source: 'battery',
		percent: 0,
	},
	{ reality: 'desktop or container without a battery', tree: {}, source: 'ac', percent: null },
	{
		reality: 'desktop with a wireless mouse',
		tree: { hidpp_battery_0: { ...battery('Discharging', 30), scope: 'Device' } },
		source: 'ac',
		percent: null,
	},
	{
		reality: 'plugged in, second battery bay empty',
		tree: {
			AC: mains(1),
			BAT0: battery('Charging', 50),
			BAT1: { type: 'Battery', present: '0', status: 'Unknown' },
		},
		source: 'ac',
		percent: 50,
	},
	{
		reality: 'just unplugged, battery still says it is full',
		tree: { ADP1: mains(0), BAT0: battery('Full', 100) },
		source: 'battery',
		percent: 100,
	},
	{
		reality: 'no adapter device, battery charging',
		tree: { 'rk817-battery': battery('Charging', 50) },
		source: 'ac',
		percent: 50,
	},
	{
		reality: 'unplugged, driver says 101 %',
		tree: { AC: mains(0), BAT0: battery('Discharging', 101) },
		source: 'battery',
		percent: 100,
	},
	{
		reality: 'no adapter device, battery attributes empty',
		tree: { BAT0: { type: 'Battery', present: '1', status: '', capacity: '' } },
		source: 'unknown',
		percent: null,
	},
];

/** Writes a tree as files below `root`. `uevent` is what systeminformation reads. */
export function writePowerTree(root: string, tree: PowerTree): void {
	for (const [name, attributes] of Object.entries(tree)) {
		const folder = join(root, name);
		mkdirSync(folder, { recursive: true });
		const all = { ...attributes, voltage_now: '11400000' };
		const uevent = Object.entries(all).map(([key, value]) => {
			return `POWER_SUPPLY_${key.toUpperCase()}=${value}\n`;
		});
		writeFileSync(join(folder, 'uevent'), `POWER_SUPPLY_NAME=${name}\n${uevent.join('')}`);
		for (const [file, value] of Object.entries(attributes)) {
			writeFileSync(join(folder, file), `${value}\n`);
		}
	}
}

export interface TextCase {
	readonly reality: string;
	/** What the platform's program prints. */
	readonly output: string;
	readonly source: PowerReading['source'];
	readonly percent: number | null;
}

export const MAC_CASES: readonly TextCase[] = [
	{
		reality: 'MacBook on battery',
		output: `Now drawing from 'Battery Power'
 -InternalBattery-0 (id=4653155)\t64%; discharging; 3:10 remaining present: true
`,
		source: 'battery',
		percent: 64,
	},
	{
		reality: 'MacBook plugged in, held at 80 %',
		output: `Now drawing from 'AC Power'
 -InternalBattery-0 (id=4653155)\t80%; AC attached; not charging present: true
`,
		source: 'ac',
		percent: 80,
	},
	{
		reality: 'Mac mini with a UPS, on mains',
		output: `Now drawing from 'AC Power'
 -CP1500EPFCLCD (id=1234)\t100%; charging present: true
`,
		source: 'ac',
		percent: null,
	},
	{
		reality: 'Mac mini with a UPS, power cut',
		output: `Now drawing from 'UPS Power'
 -CP1500EPFCLCD (id=1234)\t93%; discharging; 0:20 remaining present: true
`,
		source: 'battery',
		percent: null,
	},
	{ reality: 'Mac mini', output: "Now drawing from 'AC Power'\n", source: 'ac', percent: null },
	{ reality: 'pmset prints nothing', output: '', source: 'unknown', percent: null },
];

export interface WindowsCase {
	readonly reality: string;
	/** The first three bytes of SYSTEM_POWER_STATUS: line, flag, percent. */
	readonly status: readonly [number, number, number];
	/** BatteryStatus of Win32_Battery in the same moment; null is no battery. */
	readonly wmi: number | null;
	readonly source: PowerReading['source'];
	readonly percent: number | null;
	/** What the fallback through systeminformation answers. */
	readonly fallback: PowerReading['source'];
}

export const WINDOWS_CASES: readonly WindowsCase[] = [
	{
		reality: 'unplugged, 60 %',
		status: [0, 0, 60],
		wmi: 1,
		source: 'battery',
		percent: 60,
		fallback: 'battery',
	},
	{
		reality: 'plugged in, charging at 60 %',
		status: [1, 8, 60],
		wmi: 6,
		source: 'ac',
		percent: 60,
		fallback: 'ac',
	},
	{
		reality: 'plugged in, fully charged',
		status: [1, 1, 100],
		wmi: 3,
		source: 'ac',
		percent: 100,
		fallback: 'unknown',
	},
	{
		reality: 'unplugged, low',
		status: [0, 2, 15],
		wmi: 4,
		source: 'battery',
		percent: 15,
		fallback: 'unknown',
	},
	{
		reality: 'unplugged, critical',
		status: [0, 4, 4],
		wmi: 5,
		source: 'battery',
		percent: 4,
		fallback: 'unknown',
	},
	{
		reality: 'desktop',
		status: [255, 128, 255],
		wmi: null,
		source: 'ac',
		percent: null,
		fallback: 'ac',
	},
];
