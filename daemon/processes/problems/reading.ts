/** What one run reports: said by itself, or found in what it prints. */
import { errorMessage } from '../../../shared/errors.ts';
import type { Problem } from '../../../shared/problems.ts';
import type { RunProblems } from '../../queue/ports/problems.ts';
import type { StoredSpec } from '../../queue/store/storedSpec.ts';
import type { OutputWatch } from '../readiness/watch.ts';
import { chooseMatchers, readScripts } from './choose.ts';
import { collectProblems } from './collect.ts';
import type { SaidProblem } from './said.ts';
import { fileOf } from './scan.ts';
import { type ScanLines, watchForProblems } from './watch.ts';

export interface ProblemReading {
	readonly said: (problem: SaidProblem) => void;
	/** Undefined where its output is not looked at. */
	readonly watch: OutputWatch | undefined;
	/** Null where it reported nothing. */
	readonly found: () => RunProblems | null;
}

export interface ProblemReadingOptions {
	readonly spec: Pick<StoredSpec, 'command' | 'errors'>;
	readonly cwd: string;
	readonly workspace: string;
	readonly scan: ScanLines;
	/** Without its secrets. */
	readonly shown: (text: string) => string;
	/** JSON text of each that is kept: the daemon may die before the run ends. */
	readonly keep: (json: string) => void;
	/** A sentence for the job's log. */
	readonly note: (sentence: string) => void;
}

export function createProblemReading(options: ProblemReadingOptions): ProblemReading {
	const { spec, cwd, workspace, scan, shown, keep, note } = options;
	const collected = collectProblems(keep);

	function watch(): OutputWatch | undefined {
		const { command, errors } = spec;
		if (errors?.length === 0 || (errors === null && command === null)) return undefined;
		for (const matcher of errors ?? []) {
			if (typeof matcher === 'string') continue;
			const left = (['background', 'watching'] as const).find(
				(part) => matcher[part] !== undefined,
			);
			if (left === undefined) continue;
			note(
				`"${left}" of a matcher is about tasks that go on, and has no meaning here: errors are told when the run ends`,
			);
		}
		const matchers =
			errors ?? (command === null ? [] : chooseMatchers(command, () => readScripts(cwd)));
		return watchForProblems({
			matchers: Promise.resolve(matchers),
			cwd,
			workspace,
			scan,
			found: collected.add,
			failed: (error) =>
				note(`its output is not searched for errors any more: ${errorMessage(error)}`),
		});
	}

	return {
		said(problem) {
			const texts = Object.entries(problem).map(([name, value]) => [
				name,
				typeof value === 'string' ? shown(value) : value,
			]);
			const { file: named, ...rest } = Object.fromEntries(texts) as Problem;
			const file = fileOf(named, cwd);
			collected.add(file === undefined ? rest : { ...rest, file });
		},
		watch: watch(),
		found: () => collected.all() ?? null,
	};
}
