/** Windows: GetSystemPowerStatus; where it cannot be called, systeminformation, believed only where it is right. */
import type { Systeminformation } from 'systeminformation';
import type { Koffi } from '../../native/koffi.ts';
import type { Clock } from '../../queue/ports/clock.ts';
import { type PowerReader, type PowerReading, toPercent } from './reader.ts';

/** SYSTEM_POWER_STATUS: 12 bytes, the first three of which matter here. */
const STATUS_BYTES = 12;
const NO_BATTERY = 128;
/** PowerShell starts several times per call. */
const FALLBACK_KEPT_MS = 60_000;
const REPORT_LIMIT_MS = 9_000;

/** Fills a buffer with SYSTEM_POWER_STATUS; false when the system refused. */
export type GetSystemPowerStatus = (status: Buffer) => boolean;

export function bindGetSystemPowerStatus(koffi: Koffi): GetSystemPowerStatus {
	const library = koffi.load('kernel32.dll');
	const call = library.func('__stdcall', 'GetSystemPowerStatus', 'bool', ['void *']);
	return (status) => call(status) === true;
}

export function createWindowsReader(call: GetSystemPowerStatus): PowerReader {
	return async () => {
		const status = Buffer.alloc(STATUS_BYTES);
		if (!call(status)) throw new Error('GetSystemPowerStatus failed');
		return judgeStatus(status);
	};
}

export function judgeStatus(status: Buffer): PowerReading {
	const line = status.readUInt8(0);
	const flag = status.readUInt8(1);
	const life = status.readUInt8(2);
	// 255 means unknown in every one of them.
	const percent = life === 255 ? null : toPercent(life);
	if (line === 1) return { source: 'ac', percent, reason: 'Windows says it is plugged in' };
	if (flag !== 255 && (flag & NO_BATTERY) !== 0) {
		return { source: 'ac', percent: null, reason: 'this machine has no battery' };
	}
	if (line === 0) return { source: 'battery', percent, reason: 'Windows says it is on battery' };
	return { source: 'unknown', percent, reason: 'Windows does not know the power source' };
}

type Battery = Pick<Systeminformation.BatteryData, 'hasBattery' | 'acConnected' | 'percent'>;
export type BatteryReport = () => Promise<Battery>;

/** Cached, because one answer costs several PowerShell processes. */
export function createFallbackReader(clock: Clock, battery: BatteryReport): PowerReader {
	let kept: { readonly at: number; readonly reading: PowerReading } | undefined;
	return async () => {
		const age = kept === undefined ? -1 : clock.now() - kept.at;
		// By the wall clock, which a sleep of the machine moves on; set back it says nothing.
		if (kept !== undefined && age >= 0 && age < FALLBACK_KEPT_MS) return kept.reading;
		kept = { at: clock.now(), reading: judgeFallback(await battery()) };
		return kept.reading;
	};
}

/**
 * systeminformation's report, by a process that may fail without harm.
 * @param entry dist/battery.js
 */
export function createBatteryReport(execPath: string, entry: string): BatteryReport {
	return async () => {
		const { execa } = await import('execa');
		const report = await execa(execPath, [entry], {
			env: { ELECTRON_RUN_AS_NODE: '1' },
			stdin: 'ignore',
			timeout: REPORT_LIMIT_MS,
			maxBuffer: 65_536,
			windowsHide: true,
			reject: false,
		});
		// Its whole message would bring a stack along, into what people read.
		if (report.failed) throw new Error(report.shortMessage ?? 'no battery report');
		return JSON.parse(report.stdout) as Battery;
	};
}

/** It takes "fully charged" for unplugged, and "low" and "critical" for plugged in: there it is not believed. */
export function judgeFallback({ hasBattery, acConnected, percent }: Battery): PowerReading {
	if (!hasBattery) return { source: 'ac', percent: null, reason: 'this machine has no battery' };
	const charge = toPercent(percent);
	const doubtful = acConnected ? (charge ?? 0) <= 20 : (charge ?? 0) >= 95;
	if (doubtful) {
		return {
			source: 'unknown',
			percent: charge,
			reason: 'the battery report does not tell whether the machine is plugged in',
		};
	}
	return {
		source: acConnected ? 'ac' : 'battery',
		percent: charge,
		reason: `the battery report says it is ${acConnected ? 'plugged in' : 'on battery'}`,
	};
}
