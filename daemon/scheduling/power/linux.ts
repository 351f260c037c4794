/** Linux: /sys/class/power_supply by `type`, since names (AC, ADP1, BAT0, CMB0, macsmc-battery …) tell nothing. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isShortage } from '../../../shared/errors.ts';
import { type PowerReader, type PowerReading, toPercent } from './reader.ts';

export const SYSFS_POWER_SUPPLIES = '/sys/class/power_supply';

interface Supply {
	readonly name: string;
	readonly type: string;
	/** Null where the driver has no such attribute, or failed to read it. */
	readonly online: number | null;
	readonly status: string | null;
	readonly capacity: number | null;
	/** In µWh or µAh; the same unit for both. */
	readonly full: number | null;
	readonly now: number | null;
}

export function createLinuxReader(root: string): PowerReader {
	return async () => {
		let names: string[];
		try {
			names = await readdir(root);
		} catch (error) {
			// Containers and kernels without power supplies.
			if (errorCode(error) !== 'ENOENT') throw error;
			return { source: 'ac', percent: null, reason: 'this machine has no battery' };
		}
		const supplies = await Promise.all(names.sort().map((name) => readSupply(root, name)));
		return judge(supplies.filter((supply) => supply !== undefined));
	};
}

// Undefined for what does not power the machine: a mouse, an empty battery bay, a supply just unplugged.
async function readSupply(root: string, name: string): Promise<Supply | undefined> {
	const attribute = (file: string) => readAttribute(join(root, name, file));
	const [type, scope, present] = await Promise.all(['type', 'scope', 'present'].map(attribute));
	if (type === null || type === undefined || scope === 'Device' || present === '0')
		return undefined;
	if (type !== 'Battery' && type !== 'UPS') {
		const online = toNumber(await attribute('online'));
		return { name, type, online, status: null, capacity: null, full: null, now: null };
	}
	const [status = null, capacity = null, energyFull = null, energyNow = null] = await Promise.all(
		['status', 'capacity', 'energy_full', 'energy_now'].map(attribute),
	);
	const byCharge = energyFull === null;
	return {
		name,
		type,
		online: null,
		status,
		capacity: toNumber(capacity),
		full: toNumber(byCharge ? await attribute('charge_full') : energyFull),
		now: toNumber(byCharge ? await attribute('charge_now') : energyNow),
	};
}

// A supply may vanish between two reads (ENOENT, ENODEV), and drivers fail single attributes (EIO, ENODATA).
async function readAttribute(file: string): Promise<string | null> {
	try {
		const text = (await readFile(file, 'utf8')).trim();
		return text === '' ? null : text;
	} catch (error) {
		// Of a laptop that runs on its battery this would make a machine without one.
		if (isShortage(error)) throw error;
		return null;
	}
}

function toNumber(text: string | null): number | null {
	const value = text === null ? Number.NaN : Number(text);
	return Number.isFinite(value) ? value : null;
}

function judge(supplies: readonly Supply[]): PowerReading {
	const batteries = supplies.filter(({ type }) => type === 'Battery' || type === 'UPS');
	const mains = supplies.filter((supply) => !batteries.includes(supply));
	const percent = percentOf(batteries.filter(({ type }) => type === 'Battery'));
	const online = mains.find((supply) => (supply.online ?? 0) > 0);
	if (online !== undefined) return { source: 'ac', percent, reason: `${online.name} is online` };
	const discharging = batteries.find(({ status }) => status === 'Discharging');
	if (discharging !== undefined) {
		return { source: 'battery', percent, reason: `${discharging.name} is discharging` };
	}
	if (batteries.length === 0) {
		return { source: 'ac', percent, reason: 'this machine has no battery' };
	}
	// A battery that was full a moment ago may still say so: an adapter known to be off decides.
	const off = mains.find((supply) => supply.online === 0);
	if (off !== undefined) return { source: 'battery', percent, reason: `${off.name} is offline` };
	const fed = batteries.find(({ status }) => status !== null && FED.has(status));
	if (fed !== undefined) {
		return { source: 'ac', percent, reason: `${fed.name} is ${fed.status?.toLowerCase()}` };
	}
	return {
		source: 'unknown',
		percent,
		reason: `${batteries.map(({ name }) => name).join(' and ')} does not say whether it is discharging`,
	};
}

const FED = new Set(['Charging', 'Full', 'Not charging']);

// Weighted by what each battery can hold: half of a large one is more than half of a small one.
function percentOf(batteries: readonly Supply[]): number | null {
	let weighted = 0;
	let weights = 0;
	const plain: number[] = [];
	for (const { capacity, full, now } of batteries) {
		const own = toPercent(capacity ?? (full !== null && now !== null ? (100 * now) / full : null));
		if (own === null) continue;
		plain.push(own);
		if (full !== null && full > 0) {
			weighted += own * full;
			weights += full;
		}
	}
	if (plain.length === 0) return null;
	if (weights > 0 && batteries.every(({ full }) => (full ?? 0) > 0)) {
		return toPercent(weighted / weights);
	}
	return toPercent(plain.reduce((sum, own) => sum + own, 0) / plain.length);
}
