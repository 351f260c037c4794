/** The policy room put together: what AI tools may do, as config.json says it. */

import { pathOfUri } from '../../shared/inside.ts';
import type { JobSpec } from '../../shared/job.ts';
import type { AiConfig } from '../../shared/protocol/ai.ts';
import type { Sending } from '../../shared/protocol/fleet.ts';
import type { Params } from '../../shared/protocol/requests.ts';
import { type Admitted, admit } from './admit.ts';
import { assertInside, narrowed, realFolder } from './folders.ts';
import { forbidden } from './refusal.ts';
import { ruleFor } from './rules.ts';
import {
	type AdmittedSending,
	admitSending,
	assertGranted,
	type CheckoutOf,
	isFor,
	type SendTarget,
} from './send.ts';

/** Where it is kept. */
export interface AiSettings {
	readonly ai: AiConfig;
	/** @throws where config.json cannot be written */
	updateAi(ai: AiConfig): void;
}

export interface Policy {
	/** What is left of the allowed folders where a tool was started for some of them. */
	folders(wanted: readonly string[] | undefined): string[];
	/** @throws SemanticaError FORBIDDEN or VALIDATION, by path */
	admit(specs: readonly JobSpec[], folders: readonly string[]): Promise<Admitted[]>;
	/** What is to run on another machine. @throws SemanticaError FORBIDDEN or VALIDATION, by path */
	admitSending(asked: readonly Sending[], folders: readonly string[]): Promise<AdmittedSending[]>;
	/**
	 * Looked at again when it is about to leave: a person may have changed their mind.
	 * @throws SemanticaError FORBIDDEN
	 */
	assertMaySend(target: SendTarget, workspace: string): void;
	/**
	 * Looked at again when a run of a tool's job begins: links may have changed, and a person their mind.
	 * @throws SemanticaError FORBIDDEN, or VALIDATION where the folder is gone
	 */
	assertMayStart(origin: string, folder: string): Promise<void>;
	get(): AiConfig;
	/** @throws SemanticaError VALIDATION where a rule's program cannot be found */
	update(params: Params<'ai/update'>): Promise<AiConfig>;
	/** @throws SemanticaError VALIDATION where it is no folder */
	allowFolder(root: string): Promise<AiConfig>;
	forgetFolder(root: string): Promise<AiConfig>;
}

/** Only the daemon gives such an origin (rpc/origin.ts). */
const OF_A_TOOL = /^mcp\/[^#]*#/;

export function createPolicy(settings: AiSettings, checkoutOf: CheckoutOf): Policy {
	function change(changed: Partial<AiConfig>): AiConfig {
		settings.updateAi({ ...settings.ai, ...changed });
		return settings.ai;
	}

	return {
		folders: (wanted) => narrowed(settings.ai.folders, wanted),
		admit: (specs, folders) =>
			Promise.all(specs.map((spec, index) => admit(spec, index, folders, settings.ai))),
		admitSending: (asked, folders) =>
			Promise.all(
				asked.map((one, index) =>
					admitSending(one, `jobs[${index}]`, { folders, config: settings.ai, checkoutOf }),
				),
			),
		assertMaySend(target, workspace) {
			assertGranted(target, settings.ai);
			assertInside(pathOfUri(workspace) ?? '', settings.ai.folders, 'folder');
		},
		get: () => settings.ai,
		async assertMayStart(origin, folder) {
			if (!OF_A_TOOL.test(origin)) return;
			const real = await realFolder(folder, 'command.cwd');
			// Links were resolved when it was asked for, so that one in its place is new.
			if (real !== folder) throw forbidden('folder', `${folder} leads to ${real} by now.`);
			assertInside(real, settings.ai.folders, 'command.cwd');
		},
		async update({ run, allow, disallow, fleet }) {
			const rule = allow && (await ruleFor(allow.argv, allow.path, allow.env));
			const others = (argv: readonly string[] | undefined) =>
				settings.ai.allow.filter((one) => !sameWords(one.argv, argv ?? []));
			if (disallow !== undefined) change({ allow: others(disallow.argv) });
			if (rule !== undefined) change({ allow: [...others(rule.argv), rule] });
			if (fleet !== undefined) {
				const { may, ...target } = fleet;
				const rest = settings.ai.fleet.filter((grant) => !isFor(grant, target));
				change({ fleet: may === 'off' ? rest : [...rest, { ...target, may }] });
			}
			return change(run === undefined ? {} : { run });
		},
		async allowFolder(root) {
			const real = await realFolder(root, 'root');
			const { folders } = settings.ai;
			// Windows say it each time that they connect.
			return folders.includes(real) ? settings.ai : change({ folders: [...folders, real] });
		},
		async forgetFolder(root) {
			// One that is gone has the name that it was kept by.
			const real = await realFolder(root, 'root').catch(() => root);
			return change({ folders: settings.ai.folders.filter((folder) => folder !== real) });
		},
	};
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((word, at) => word === b[at]);
}
