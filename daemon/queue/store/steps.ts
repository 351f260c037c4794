/** An operation that lets others have turns of the event loop while it goes on. */

/** So long it works in one turn. */
const STEP_MS = 8;

export interface Going<T> {
	/** What it throws is for `failed`. */
	readonly commit: () => void;
	readonly done: (value: T) => void;
	readonly failed: (error: unknown) => void;
}

export function goInSteps<T>(going: Generator<void, T>, { commit, done, failed }: Going<T>): void {
	const goOn = () => {
		const until = performance.now() + STEP_MS;
		let step: IteratorResult<void, T>;
		try {
			do step = going.next();
			while (step.done !== true && performance.now() < until);
			if (step.done === true) commit();
		} catch (error) {
			failed(error);
			return;
		}
		if (step.done === true) done(step.value);
		else setImmediate(goOn);
	};
	goOn();
}

export function inStepsOnly(): never {
	throw new Error('This operation goes in steps only.');
}
