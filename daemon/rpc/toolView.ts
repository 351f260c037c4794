/** The daemon as a tool's connection sees it: its folders and what happens in them; all else is not there. */
import { SemanticaError } from '../../shared/errors.ts';
import { isInside, pathOfUri } from '../../shared/inside.ts';
import type { JobSpec } from '../../shared/job.ts';
import { isFinished, JOB_STATES, LIMITS } from '../../shared/jobTerms.ts';
import type { Sending, Submission } from '../../shared/protocol/fleet.ts';
import type { JobFilter, ManyResult, Targets } from '../../shared/protocol/jobs.ts';
import type { Result } from '../../shared/protocol/requests.ts';
import type { JobRequests } from '../queue/requests.ts';
import { noSuchJob } from '../queue/store/statements.ts';
import type { Session } from './asking.ts';
import type { ToolScope } from './tools.ts';

/** What a tool's job becomes. */
export interface Admitted {
	readonly spec: JobSpec;
	/** It is held until a person approves it. */
	readonly needsApproval: boolean;
}

/** The same on its way to another machine. */
export interface AdmittedSending {
	readonly submission: Submission;
	readonly workspace: string;
	readonly needsApproval: boolean;
}

export interface SentByTool {
	readonly submission: Submission;
	readonly by: { readonly origin: string; readonly workspace: string; needsApproval: boolean };
}

const MAX_SKIPPED = 100;
const OPEN = JOB_STATES.filter((state) => !isFinished(state));

/** Each does nothing, or all, for sessions that are no tool's. */
export interface ToolView {
	/** @throws SemanticaError NOT_FOUND for a job of others, as for one that there is not. */
	assertSeen(session: Session, id: string | null | undefined, path?: string): void;
	/** @throws SemanticaError NOT_FOUND as above, FORBIDDEN for a job that somebody else asked for */
	assertMine(session: Session, id: string): void;
	/** What a tool may enqueue of what it asks for. @throws SemanticaError FORBIDDEN, NOT_FOUND, VALIDATION */
	admitted(tool: ToolScope, specs: readonly JobSpec[]): Promise<Admitted[]>;
	/** What it may have run elsewhere. @throws SemanticaError FORBIDDEN, VALIDATION */
	sendable(tool: ToolScope, origin: string, asked: readonly Sending[]): Promise<SentByTool[]>;
	/** Jobs that it sees, by ids; by a filter only those that it asked for itself. */
	cancel(tool: ToolScope, origin: string, targets: Targets): Promise<ManyResult>;
	indexes(session: Session, status: Result<'index/status'>): Result<'index/status'>;
	/** @throws SemanticaError NOT_FOUND */
	assertFolder(session: Session, workspace: string | undefined): void;
}

export interface ToolViewDependencies {
	readonly jobs: Pick<JobRequests, 'isInScope' | 'originOf' | 'page' | 'cancel'>;
	readonly admit: (specs: readonly JobSpec[], folders: readonly string[]) => Promise<Admitted[]>;
	readonly admitSending: (
		asked: readonly Sending[],
		folders: readonly string[],
	) => Promise<AdmittedSending[]>;
}

export function createToolView({ jobs, admit, admitSending }: ToolViewDependencies): ToolView {
	const isSeen = (tool: ToolScope, id: string) => jobs.isInScope(id, tool.folders());

	async function open(tool: ToolScope, origin: string, filter: JobFilter): Promise<string[]> {
		const asked = { ...filter, origin: [origin], state: filter.state ?? [...OPEN] };
		const ids: string[] = [];
		for (let cursor: string | null = ''; cursor !== null; ) {
			const from = cursor === '' ? {} : { cursor };
			const params = {
				filter: asked,
				sort: 'createdAt',
				limit: LIMITS.listLimit,
				...from,
			} as const;
			const page = await jobs.page(params, tool.folders());
			ids.push(...page.jobs.map(({ id }) => id));
			cursor = page.nextCursor;
		}
		return ids;
	}

	return {
		assertSeen({ tool }, id, path) {
			if (tool !== undefined && id != null && !isSeen(tool, id)) throw noSuchJob(id, path);
		},
		assertMine({ tool, origin }, id) {
			if (tool === undefined) return;
			if (!isSeen(tool, id)) throw noSuchJob(id);
			if (jobs.originOf(id) === origin) return;
			throw new SemanticaError(
				'FORBIDDEN',
				'This tool did not ask for that job, so it may not answer for its person.',
				{ kind: 'policy', rule: 'mine', path: 'id' },
			);
		},
		async admitted(tool, specs) {
			for (const [i, { after = [] }] of specs.entries()) {
				for (const [n, { id }] of after.entries()) {
					const isUnknown = id !== undefined && !isSeen(tool, id);
					if (isUnknown) throw noSuchJob(id, `jobs[${i}].after[${n}].id`);
				}
			}
			return (await admit(specs, tool.folders())).map(({ spec, needsApproval }) => ({
				spec: spec.key === undefined ? spec : { ...spec, key: tool.keyPrefix + spec.key },
				needsApproval,
			}));
		},
		async sendable(tool, origin, asked) {
			const admitted = await admitSending(asked, tool.folders());
			return admitted.map(({ submission, workspace, needsApproval }) => {
				const { spec } = submission;
				const keyed = spec.key === undefined ? spec : { ...spec, key: tool.keyPrefix + spec.key };
				return {
					submission: { ...submission, spec: keyed },
					by: { origin, workspace, needsApproval },
				};
			});
		},
		async cancel(tool, origin, targets) {
			const filter = 'filter' in targets ? targets.filter : {};
			const ids = 'ids' in targets ? targets.ids : await open(tool, origin, filter);
			const seen = ids.filter((id) => isSeen(tool, id));
			const others = ids.filter((id) => !seen.includes(id));
			const unknown = others.map((id) => ({ id, reason: noSuchJob(id).message }));
			const done =
				seen.length === 0
					? { count: 0, skipped: [], skippedCount: 0 }
					: await jobs.cancel({ ids: seen });
			return {
				count: done.count,
				skipped: [...unknown, ...done.skipped].slice(0, MAX_SKIPPED),
				skippedCount: unknown.length + done.skippedCount,
			};
		},
		indexes({ tool }, { indexes }) {
			if (tool === undefined) return { indexes };
			return { indexes: indexes.filter(({ workspace }) => liesIn(workspace, tool.folders())) };
		},
		assertFolder({ tool }, workspace) {
			if (tool === undefined) return;
			if (workspace !== undefined && liesIn(workspace, tool.folders())) return;
			throw new SemanticaError(
				'NOT_FOUND',
				'Say a folder that this tool may work in, as in file:///home/me/project.',
				{ path: 'workspace' },
			);
		},
	};
}

function liesIn(uri: string, folders: readonly string[]): boolean {
	const path = pathOfUri(uri);
	return path !== undefined && folders.some((folder) => isInside(path, folder));
}
