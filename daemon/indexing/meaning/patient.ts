/** An embedder that tries again where that may help, and finds the texts that an endpoint will not take. */
import { type Embedder, EndpointFailure } from './client.ts';

export interface PatientOptions {
	readonly embedder: Embedder;
	/** Before each request. @throws where nothing may be sent any more */
	readonly check: () => void;
	readonly wait: (ms: number) => Promise<void>;
	readonly log: (line: string) => void;
	/** 0 to 1. */
	readonly random?: () => number;
}

const TRIES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const ANSWER_WITHIN_MS = 120_000;
/** Any model takes it: where that is refused, too, the texts are not what is wrong. */
const HARMLESS = 'text';

/**
 * Vectors in the order of the texts; undefined for one that the endpoint refuses.
 * @throws EndpointFailure, or what the check does
 */
export function createPatient({
	embedder,
	check,
	wait,
	log,
	random = Math.random,
}: PatientOptions) {
	async function tried(texts: readonly string[]): Promise<number[][]> {
		for (let attempt = 1; ; attempt++) {
			check();
			try {
				return await embedder.embed(texts, 'document', ANSWER_WITHIN_MS);
			} catch (error) {
				if (!(error instanceof EndpointFailure) || !error.again || attempt === TRIES) throw error;
				const own = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
				const ms = error.afterMs ?? Math.round(own * (0.75 + random() / 2));
				log(`${error.message} Again in ${(ms / 1000).toFixed(1)} s.`);
				await wait(ms);
			}
		}
	}

	async function piecewise(texts: readonly string[]): Promise<(number[] | undefined)[]> {
		try {
			return await tried(texts);
		} catch (error) {
			if (!(error instanceof EndpointFailure) || !error.ofTexts) throw error;
			if (texts.length > 1) {
				const half = Math.ceil(texts.length / 2);
				return [
					...(await piecewise(texts.slice(0, half))),
					...(await piecewise(texts.slice(half))),
				];
			}
			await tried([HARMLESS]).catch((harmless: unknown) => {
				throw harmless instanceof EndpointFailure ? error : harmless;
			});
			log(`${error.message} That part of a file is left out.`);
			return [undefined];
		}
	}

	return piecewise;
}
