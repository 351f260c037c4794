/** What each room offers to clients, as the request table asks it. */
import type { JobSpec } from '../../shared/job.ts';
import type { Draining } from '../../shared/protocol/draining.ts';
import type { Sending } from '../../shared/protocol/fleet.ts';
import type { Params, Result } from '../../shared/protocol/requests.ts';
import type { Session } from './asking.ts';
import type { ScheduleSource } from './schedulesSubscription.ts';
import type { Admitted, AdmittedSending, SentByTool } from './toolView.ts';

/** What the indexing room offers to clients. */
export interface IndexRequests {
	status(params: Params<'index/status'>): Promise<Result<'index/status'>>;
	search(params: Params<'index/search'>, signal: AbortSignal): Promise<Result<'index/search'>>;
	stale(params: Params<'index/stale'>): Promise<Result<'index/stale'>>;
	symbols(
		params: Params<'workspace/symbol'>,
		signal: AbortSignal,
	): Promise<Result<'workspace/symbol'>>;
	delete(params: Params<'index/delete'>): Promise<Result<'index/delete'>>;
}

/** What the indexing room offers to clients of the search by meaning. */
export interface MeaningRequests {
	plan(params: Params<'meaning/plan'>): Promise<Result<'meaning/plan'>>;
	on(params: Params<'meaning/on'>): Promise<Result<'meaning/on'>>;
	off(params: Params<'meaning/off'>): Promise<Result<'meaning/off'>>;
}

/** What the operations room offers to clients. */
export interface SystemRequests {
	status(): Result<'system/status'>;
	drain(params: Params<'system/drain'>): Result<'system/drain'>;
	maintain(params: Params<'system/maintain'>): Promise<Result<'system/maintain'>>;
	diagnose(): Promise<Result<'system/diagnose'>>;
	/** Why no new work is taken; undefined while it is. */
	refusal(): string | undefined;
	draining(): Draining | null;
}

/** What the schedules room offers to clients; `P` is a put whose payload is stored. */
export interface ScheduleRequests<P> extends ScheduleSource {
	prepare(params: Params<'schedule/put'>): Promise<P>;
	put(prepared: P): Promise<Result<'schedule/put'>>;
	update(params: Params<'schedule/update'>): Promise<Result<'schedule/update'>>;
	remove(params: Params<'schedule/remove'>): Promise<Result<'schedule/remove'>>;
	run(params: Params<'schedule/run'>): Promise<Result<'schedule/run'>>;
	preview(params: Params<'schedule/preview'>): Result<'schedule/preview'>;
}

/** What the policy room offers to clients: what AI tools may do. */
export interface PolicyRequests {
	/** @throws SemanticaError FORBIDDEN or VALIDATION, by path */
	admit(specs: readonly JobSpec[], folders: readonly string[]): Promise<Admitted[]>;
	/** @throws SemanticaError FORBIDDEN or VALIDATION, by path */
	admitSending(asked: readonly Sending[], folders: readonly string[]): Promise<AdmittedSending[]>;
	get(): Result<'ai/policy'>;
	update(params: Params<'ai/update'>): Promise<Result<'ai/update'>>;
	allowFolder(root: string): Promise<Result<'ai/folder'>>;
	forgetFolder(root: string): Promise<Result<'ai/forget'>>;
}

/** What the metrics room offers to clients. */
export interface MetricsRequests {
	scrape(): Promise<Result<'system/metrics'>>;
	now(params: Params<'stats/now'>): Result<'stats/now'>;
	history(params: Params<'stats/history'>, signal: AbortSignal): Promise<Result<'stats/history'>>;
}

/** What the fleet room offers to clients: a queue that several machines share. */
export interface FleetRequests {
	key(): Result<'fleet/key'>;
	status(): Promise<Result<'fleet/status'>>;
	join(params: Params<'fleet/join'>): Promise<Result<'fleet/join'>>;
	work(): Result<'fleet/work'>;
	leave(params: Params<'fleet/leave'>, signal: AbortSignal): Promise<Result<'fleet/leave'>>;
	accept(params: Params<'fleet/accept'>): Promise<Result<'fleet/accept'>>;
	submit(params: Params<'fleet/submit'>): Promise<Result<'fleet/submit'>>;
	migrate(params: Params<'fleet/migrate'>): Promise<Result<'fleet/migrate'>>;
	list(params: Params<'fleet/list'>): Promise<Result<'fleet/list'>>;
	/** What a tool may have run elsewhere. */
	send(asked: readonly SentByTool[]): Promise<Result<'job/send'>>;
	/** @throws SemanticaError CONFLICT */
	assertJoined(): void;
}

/** The daemon's own settings. */
export interface SettingsRequests {
	get(): Result<'settings/get'>;
	update(params: Params<'settings/update'>): Result<'settings/update'>;
}

/** What the workers room offers to clients that are workers; the session names the worker. */
export interface WorkerRequests {
	register(params: Params<'worker/register'>, session: Session): Promise<Result<'worker/register'>>;
	started(params: Params<'worker/started'>, session: Session): Promise<Result<'worker/started'>>;
	finish(params: Params<'worker/finish'>, session: Session): Promise<Result<'worker/finish'>>;
	progress(params: Params<'worker/progress'>, session: Session): Result<'worker/progress'>;
	checkpoint(
		params: Params<'worker/checkpoint'>,
		session: Session,
	): Promise<Result<'worker/checkpoint'>>;
	log(params: Params<'worker/log'>, session: Session): Promise<Result<'worker/log'>>;
	alive(session: Session): Result<'worker/alive'>;
	/** Those that the daemon starts itself. */
	list(): Result<'worker/list'>;
	add(params: Params<'worker/add'>): Promise<Result<'worker/add'>>;
	remove(params: Params<'worker/remove'>): Promise<Result<'worker/remove'>>;
	restart(params: Params<'worker/restart'>): Promise<Result<'worker/restart'>>;
}
