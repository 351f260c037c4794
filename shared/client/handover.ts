/** One build making way for another (docs/decisions/0007-version-handover.md): what clients do for it. */
import { type BuildStamp, isNewer } from '../build.ts';
import { RPC_CODES } from '../errors.ts';
import type { ParamsInput, Result, ServerIdentity } from '../protocol/requests.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { type BuildSource, newestBuild, stageBuild } from './builds.ts';

/** What `initialize` answers; builds that knew nothing of handover say less. */
export interface InitializeAnswer {
	readonly serverInfo?: { readonly version?: string };
	readonly semantica: Pick<ServerIdentity, 'protocol' | 'instance' | 'buildId'> &
		Partial<ServerIdentity>;
}

export function serverIdentity({ serverInfo, semantica }: InitializeAnswer): ServerIdentity {
	return { version: serverInfo?.version ?? '0', builtAt: 0, stale: null, ...semantica };
}

/**
 * The build that should run instead of this one, or undefined. It is staged by then, so that whoever starts the
 * next daemon finds it.
 */
export async function findSuccessor(
	source: BuildSource,
	running: BuildStamp,
): Promise<BuildStamp | undefined> {
	if (isNewer(source.build, running)) await stageBuild(source);
	const newest = await newestBuild(source.paths);
	return newest !== undefined && isNewer(newest.build, running) ? newest.build : undefined;
}

type Drain = (params: ParamsInput<'system/drain'>) => Promise<Result<'system/drain'>>;

/** A day: builds without `handover` have no drain without an end. */
const FINISH_MS = 86_400_000;

/** Asks a daemon to make way. @returns how many runs it finishes first; with none it leaves at once. */
export async function askToMakeWay(drain: Drain, reason: string): Promise<number> {
	try {
		return (await drain({ mode: 'handover', reason })).running;
	} catch (error) {
		const unknown = error instanceof Error && 'code' in error;
		if (!unknown || error.code !== RPC_CODES.invalidParams) throw error;
		return (await drain({ mode: 'finish', reason, timeoutMs: FINISH_MS })).running;
	}
}

/** The daemon speaks another protocol: whether it is the one to make way, or this client to be updated. */
export function speaksOtherwise(server: ServerIdentity): boolean {
	return server.protocol !== PROTOCOL_VERSION;
}

export const takesOver = ({ version }: BuildStamp): string => `Semantica ${version} takes over`;
