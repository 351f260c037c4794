import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestOf, createPool, createTurns, type Pool } from '../../../daemon/queue/rules/turns.ts';

const QUEUES = ['a', 'b', 'c', 'd'];
const WORKSPACES = ['', 'u', 'v', 'w', 'x'];
const GROUPS = ['', 'g', 'h'];

interface Wanted {
	readonly queue: string;
	readonly workspace: string;
	readonly group: string;
	readonly priority: number;
	readonly generation: number;
}

const step = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.tuple(fc.constant('ready'), fc.nat(3), fc.nat(4), fc.nat(2), fc.nat(2)),
	},
	{
		weight: 2,
		arbitrary: fc.tuple(fc.constant('gone'), fc.nat(3), fc.nat(4), fc.nat(2), fc.nat(2)),
	},
	{
		weight: 1,
		arbitrary: fc.tuple(fc.constant('kept'), fc.nat(3), fc.nat(4), fc.nat(2), fc.nat(2)),
	},
	{
		weight: 4,
		arbitrary: fc.tuple(fc.constant('take'), fc.nat(3), fc.nat(4), fc.nat(2), fc.nat(2)),
	},
);

it('names the one that a look at all of them would find', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
			const turns = createTurns();
			const pools = new Map<string, Pool>();
			const ranges = new Map<string, Wanted>();
			const served = new Map<string, number>();
			let count = 0;

			const poolOf = (queue: string): Pool => {
				const pool = pools.get(queue) ?? createPool(queue, 0);
				pools.set(queue, pool);
				return pool;
			};
			const put = (queue: string, name: string, group: string, priority: number) => {
				const lane = turns.laneOf(poolOf(queue), name);
				const generation = ++count;
				ranges.set(`${queue} ${name} ${group}`, {
					queue,
					workspace: name,
					group,
					priority,
					generation,
				});
				let head = lane.byGroup.get(group);
				if (head === undefined) {
					const range = { queue, class: 0, workspace: name, group_name: group };
					const unknown = { unclean: 0, parent: null, swept: 0, stale: false, full: false, at: -1 };
					head = { range, lane, generation, priority, ...unknown };
					lane.byGroup.set(group, head);
				}
				Object.assign(head, { generation, priority });
				lane.heads.place(head);
				turns.placeLane(lane);
			};
			const drop = (queue: string, name: string, group: string) => {
				const pool = poolOf(queue);
				const lane = pool.byWorkspace.get(name);
				const head = lane?.byGroup.get(group);
				if (lane === undefined || head === undefined) return;
				ranges.delete(`${queue} ${name} ${group}`);
				lane.heads.remove(head);
				lane.byGroup.delete(group);
				turns.placeLane(lane);
				if (lane.byGroup.size > 0) return;
				turns.leave(lane);
				turns.place(pool);
			};
			const best = () => {
				const turnOf = ({ workspace }: Wanted) => served.get(workspace) ?? 0;
				return [...ranges.values()]
					.filter(({ queue }) => poolOf(queue).kept === undefined)
					.sort(
						(a, b) =>
							b.priority - a.priority || turnOf(a) - turnOf(b) || a.generation - b.generation,
					)[0];
			};

			const top = () => {
				const pool = turns.top();
				return pool && bestOf(pool);
			};

			for (const [what, q, w, priority, g] of steps) {
				const group = GROUPS[g] ?? '';
				const queue = QUEUES[q] ?? '';
				const workspace = WORKSPACES[w] ?? '';
				if (what === 'ready') put(queue, workspace, group, priority);
				else if (what === 'gone') drop(queue, workspace, group);
				else if (what === 'kept') {
					const pool = poolOf(queue);
					pool.kept = pool.kept === undefined ? 'queue' : undefined;
					turns.place(pool);
				} else {
					const wanted = best();
					const head = top();
					if (wanted !== undefined && head !== undefined) {
						served.set(wanted.workspace, ++count);
						turns.served(head.lane.workspace);
						if (priority === 0) drop(wanted.queue, wanted.workspace, wanted.group);
						else put(wanted.queue, wanted.workspace, wanted.group, priority);
					}
				}
				expect(top()?.generation).toBe(best()?.generation);
			}
		}),
		{ numRuns: 300, seed: 1 },
	);
});
