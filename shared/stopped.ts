/**
 * A daemon that a person has stopped stays away until a person needs it again: by these reasons of `system/drain`
 * windows know. One that is not connected in that moment finds `run/stopped`, which the next daemon removes.
 */
import { existsSync } from 'node:fs';
import type { DataPaths } from './paths.ts';

export const STOPPED_FROM = {
	editor: 'stopped from the editor',
	commandLine: 'stopped from the command line',
} as const;

export function isStopOfPerson(reason: string | undefined): boolean {
	return Object.values<string | undefined>(STOPPED_FROM).includes(reason);
}

export const wasStoppedByPerson = ({ stopMark }: Pick<DataPaths, 'stopMark'>): boolean =>
	existsSync(stopMark);
