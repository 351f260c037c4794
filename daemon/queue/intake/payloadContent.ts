/** What a specification gives as payload, as the bytes that a run will read (docs/design.md section 3). */
import { SemanticaError } from '../../../shared/errors.ts';
import { type JobSpec, jobSpecSchema } from '../../../shared/job.ts';
import { LIMITS } from '../../../shared/jobTerms.ts';
import type { JobHandler } from '../ports/handlers.ts';
import type { PayloadFile, PayloadStore } from '../ports/payloadStore.ts';

export type Content = Buffer | PayloadFile;

export interface SpecWithContent {
	readonly spec: JobSpec;
	readonly content: Content | null;
}

/**
 * Lets the handler check the specification; its payload is what came with it.
 * @throws SemanticaError VALIDATION or TOO_LARGE
 */
export function withContent(given: JobSpec, handler: JobHandler): SpecWithContent {
	const spec = handler.prepare(given);
	return { spec, content: payloadBytes(spec) };
}

/**
 * The same, and finds its payload where that is a file; nothing is stored yet.
 * @throws SemanticaError VALIDATION or TOO_LARGE
 */
export async function withFoundContent(
	given: JobSpec,
	handler: JobHandler,
	payloads: PayloadStore,
): Promise<SpecWithContent> {
	if (given.payloadFile === undefined) return withContent(given, handler);
	if (given.payload !== undefined) {
		throw new SemanticaError('VALIDATION', 'Give either payload or payloadFile, not both.', {
			path: 'payloadFile',
		});
	}
	const file = await payloads.findFile(given.payloadFile);
	if (given.type === 'command') return { spec: handler.prepare(given), content: file };
	// Other types judge their payload, so it has to be seen: it counts as if it came in the message.
	return withContent({ ...given, payload: await readJson(file) }, handler);
}

function payloadBytes(spec: JobSpec): Buffer | null {
	if (spec.payload === undefined) return null;
	if (spec.payload instanceof Uint8Array) return bounded(bufferOf(spec.payload));
	// A string for a command is written raw; everything else as JSON.
	const raw = spec.type === 'command' && typeof spec.payload === 'string';
	const text = raw ? (spec.payload as string) : JSON.stringify(spec.payload);
	// JSON text escapes a lone surrogate; raw it has no form in UTF-8 at all.
	if (!text.isWellFormed()) {
		throw new SemanticaError(
			'VALIDATION',
			'The payload holds half of a surrogate pair, which cannot be written as UTF-8.',
			{ path: 'payload' },
		);
	}
	return bounded(Buffer.from(text));
}

/** What a large message gave to a command comes as the bytes that it will read. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
}

function bounded(bytes: Buffer): Buffer {
	if (bytes.length > LIMITS.payloadBytes) {
		throw new SemanticaError(
			'TOO_LARGE',
			`The payload is ${bytes.length} bytes; at most ${LIMITS.payloadBytes} fit into a message. ` +
				'Write it to a file and name that as payloadFile.',
			{ path: 'payload' },
		);
	}
	return bytes;
}

async function readJson(file: PayloadFile): Promise<unknown> {
	const path = 'payloadFile';
	if (file.bytes > LIMITS.payloadBytes) {
		throw new SemanticaError(
			'TOO_LARGE',
			`The payload file has ${file.bytes} bytes; jobs of this type take at most ${LIMITS.payloadBytes}.`,
			{ path },
		);
	}
	const chunks: Buffer[] = [];
	for await (const chunk of file.read()) chunks.push(Buffer.from(chunk));
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
	} catch {
		throw new SemanticaError(
			'VALIDATION',
			'The payload file does not hold JSON in UTF-8, which jobs of this type need.',
			{ path },
		);
	}
	const bounded = jobSpecSchema.shape.payload.safeParse(value);
	if (!bounded.success) {
		const why = bounded.error.issues[0]?.message ?? 'is not acceptable';
		throw new SemanticaError('VALIDATION', `The JSON in the payload file ${why}.`, { path });
	}
	return bounded.data;
}
