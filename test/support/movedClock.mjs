/** Preloaded: this process takes the time of day to be another one, by as many ms as the file `?by=` says just then. */
import { readFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('by');
const RealDate = Date;
let by = 0;
let looked = Number.NEGATIVE_INFINITY;
const moved = () => {
	const now = performance.now();
	if (now - looked > 20) {
		looked = now;
		try {
			by = Number(readFileSync(file, 'utf8'));
		} catch {
			// Not moved yet.
		}
	}
	return RealDate.now() + by;
};
globalThis.Date = class extends RealDate {
	constructor(...given) {
		if (given.length === 0) super(moved());
		else super(...given);
	}
	static now() {
		return moved();
	}
};
