/** What setting up would change, file by file; nothing is written here. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, errorMessage } from '../../../shared/errors.ts';
import { Unclear, withoutSection, withoutServer, withSection, withServer } from './edits.ts';
import { type Host, isHere } from './hosts.ts';
import { AGENTS_SECTION, SKILL } from './texts.ts';

export interface Change {
	/** "Claude Code", "AGENTS.md of this folder". */
	readonly what: string;
	/** Links followed. */
	readonly file: string;
	/** Undefined: there is no such file. */
	readonly before: string | undefined;
	readonly after: string | undefined;
	/** Asked about by itself, since it is no configuration of ours. */
	readonly optional: boolean;
}

export interface Plan {
	readonly changes: readonly Change[];
	/** Hosts that are set up already, or need nothing taken away. */
	readonly settled: readonly string[];
	/** A sentence each. */
	readonly problems: readonly string[];
}

export interface PlanPlace {
	readonly hosts: readonly Host[];
	/** Of the person. */
	readonly home: string;
	/** Where they are. */
	readonly cwd: string;
	/** The launcher. */
	readonly command: string;
	readonly undo: boolean;
}

export function planOf({ hosts, home, cwd, command, undo }: PlanPlace): Plan {
	const changes: Change[] = [];
	const settled: string[] = [];
	const problems: string[] = [];

	function consider(
		what: string,
		named: string,
		optional: boolean,
		edit: (text: string | undefined) => string | undefined,
	): void {
		try {
			const file = followed(named);
			const before = contentOf(file);
			const after = edit(before);
			if (after === before) settled.push(what);
			else changes.push({ what, file, before, after, optional });
		} catch (error) {
			const why = error instanceof Unclear ? error.message : errorMessage(error);
			problems.push(`${what} is left alone: ${named} cannot be changed, ${why}.`);
		}
	}

	for (const { name, file, format } of hosts.filter(isHere)) {
		consider(name, file, false, (text) => {
			if (!undo) return withServer(text ?? '', format, command);
			return text === undefined ? undefined : withoutServer(text, format, command);
		});
	}
	const agents = join(cwd, 'AGENTS.md');
	consider('AGENTS.md of this folder', agents, true, (text) => {
		if (!undo) return withSection(text ?? '', AGENTS_SECTION);
		const left = text === undefined ? undefined : withoutSection(text);
		return left === '' && text !== '' ? undefined : left;
	});
	if (hosts.some((host) => host.name === 'Claude Code' && isHere(host))) {
		const skill = join(home, '.claude', 'skills', 'semantica', 'SKILL.md');
		consider('A skill for Claude Code', skill, true, (text) => {
			if (!undo) return SKILL;
			// One that a person has changed is theirs.
			return text === SKILL ? undefined : text;
		});
	}
	return { changes, settled, problems };
}

/** A link to a file elsewhere stays one. */
function followed(file: string): string {
	try {
		return realpathSync(file);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return file;
		throw error;
	}
}

function contentOf(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}
}
