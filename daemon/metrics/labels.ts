/** Names as label values: those that come first, and `other` for the rest, so that nobody can make series without end. */

export const OTHER = 'other';

const MOST_QUEUES = 50;
const MOST_TYPES = 50;
/** Of a queue with a type: most queues have few types, and most types one queue. */
const MOST_PAIRS = 200;

export interface Labels {
	queue(name: string): string;
	/** Of a job: its queue and its type. */
	pair(queue: string, type: string): readonly [queue: string, type: string];
}

/** Those that come with Semantica always have their own name. */
const isBuiltIn = (type: string): boolean => type === 'command' || type.startsWith('index.');

export function createLabels(): Labels {
	const queues = createNames(() => false, MOST_QUEUES);
	const typeNames = createNames(isBuiltIn, MOST_TYPES);
	const pairs = new Map<string, Map<string, readonly [string, string]>>();
	let count = 0;

	function pairOf(queue: string, type: string): readonly [string, string] {
		let ofQueue = pairs.get(queue);
		if (ofQueue === undefined) {
			ofQueue = new Map();
			pairs.set(queue, ofQueue);
		}
		let found = ofQueue.get(type);
		if (found === undefined) {
			const other = type !== OTHER && count >= MOST_PAIRS;
			found = other ? pairOf(queue, OTHER) : [queue, type];
			// Who has no pair of its own is not remembered either.
			if (!other) ofQueue.set(type, found);
			if (!other && type !== OTHER) count++;
		}
		return found;
	}

	return {
		queue: queues,
		pair: (queue, type) => pairOf(queues(queue), typeNames(type)),
	};
}

function createNames(always: (name: string) => boolean, most: number): (name: string) => string {
	const known = new Set<string>();
	let left = most;
	return (name) => {
		if (known.has(name) || always(name)) return name;
		if (left === 0) return OTHER;
		left--;
		known.add(name);
		return name;
	};
}
