/** The end of a shared job as its runner signs it, and what its submitter believes of that. */
import * as z from 'zod';
import { costSchema } from '../../shared/cost.ts';
import type { Job } from '../../shared/job.ts';
import { STOP_REASONS } from '../../shared/jobTerms.ts';
import type { LogSpan } from '../../shared/protocol/logs.ts';
import { hashOf } from './envelope.ts';
import type { Need } from './needs.ts';
import { spansSchema } from './pieces.ts';
import { SHARED, type SharedJob } from './port.ts';
import { type Identity, isSignedBy, machineIdOf } from './trust.ts';

const reportSchema = z.object({
	v: z.literal(1),
	fleet: z.string(),
	id: z.string(),
	lease: z.string(),
	state: z.int(),
	exitCode: z.int().nullable(),
	signal: z.string().nullable(),
	error: z.object({ code: z.string(), message: z.string() }).nullable(),
	stopReason: z.enum(STOP_REASONS).nullable(),
	startedAt: z.int().nullable(),
	finishedAt: z.int(),
	attempt: z.int(),
	run: z.int(),
	result: z.json().nullable(),
	cost: costSchema.nullable(),
	logBytes: z.int(),
	tailHash: z.string(),
	/** Who wrote what of it. */
	spans: spansSchema,
});
export type EndReport = z.output<typeof reportSchema>;

export interface SignedReport {
	readonly state: number;
	readonly bytes: Buffer;
	/** Base64. */
	readonly signature: string;
	readonly tail: Buffer;
}

export interface Ended {
	readonly fleet: string;
	readonly id: string;
	readonly lease: string;
	readonly tail: Buffer;
	readonly spans: readonly LogSpan[];
	readonly now: number;
}

/** Of a local job that has ended. */
export function reportOf(me: Identity, job: Job, ended: Ended): SignedReport {
	const { exitCode, signal, error, stopReason, startedAt, attempt, run, result, cost, logBytes } =
		job;
	return signed(me, ended, {
		state: sharedState(job.state),
		exitCode,
		signal,
		error,
		stopReason,
		startedAt,
		finishedAt: job.finishedAt ?? ended.now,
		attempt,
		run,
		result,
		cost,
		logBytes,
	});
}

/** Of one that was not run here, or of which nothing is left. */
export function failureReport(
	me: Identity,
	ended: Ended,
	code: string,
	message: string,
): SignedReport {
	return signed(me, ended, {
		state: SHARED.failed,
		exitCode: null,
		signal: null,
		error: { code, message },
		stopReason: code === 'INTERRUPTED' ? 'interrupted' : 'spawn',
		startedAt: null,
		finishedAt: ended.now,
		attempt: 0,
		run: 0,
		result: null,
		cost: null,
		logBytes: 0,
	});
}

function signed(
	me: Identity,
	{ fleet, id, lease, tail, spans }: Ended,
	facts: Omit<EndReport, 'v' | 'fleet' | 'id' | 'lease' | 'tailHash' | 'spans'>,
): SignedReport {
	const report: EndReport = {
		v: 1,
		fleet,
		id,
		lease,
		...facts,
		tailHash: hashOf(tail),
		spans: [...spans],
	};
	const bytes = Buffer.from(JSON.stringify(report));
	return { state: facts.state, bytes, signature: me.sign('report', bytes), tail };
}

function sharedState(state: Job['state']): number {
	if (state === 'succeeded' || state === 'failed' || state === 'expired') return SHARED[state];
	return SHARED.cancelled;
}

export type Believed =
	| { readonly report: EndReport; readonly why?: undefined }
	/** A sentence. */
	| { readonly report?: undefined; readonly why: string };

/**
 * What became of a job, if somebody says so who is believed: the machine that it was for, or one whose work is
 * accepted here.
 */
export function believe(
	job: SharedJob,
	tail: Buffer | null,
	need: Need,
	{ fleet, keys }: { readonly fleet: string; readonly keys: readonly string[] },
): Believed {
	const { report, reportSignature, runnerKey } = job;
	if (!report || !reportSignature || !runnerKey) {
		return { why: 'the shared queue says that it has ended, and no machine does' };
	}
	const bytes = Buffer.from(report, 'base64');
	const doubt = (why: string) => ({ why });
	if (!isSignedBy(runnerKey, 'report', bytes, reportSignature)) {
		return doubt('what is said of its end is not signed by the machine that ran it');
	}
	let said: EndReport;
	try {
		said = reportSchema.parse(JSON.parse(bytes.toString()));
	} catch {
		return doubt('what is said of its end cannot be understood');
	}
	if (said.id !== job.id || said.fleet !== fleet || said.state !== job.state) {
		return doubt('what is said of its end belongs to another job');
	}
	if (tail !== null && hashOf(tail) !== said.tailHash)
		return doubt('the end of its log was changed');
	if (need.on !== undefined && machineIdOf(runnerKey) !== need.on) {
		return doubt('another machine than the one that it was for says what became of it');
	}
	if (!keys.includes(runnerKey)) {
		return doubt(
			`this machine has not been told to believe ${job.machine ?? 'the one that ran it'}`,
		);
	}
	return { report: said };
}
