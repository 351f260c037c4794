/** What jobs wait for: names and colours, the same everywhere on the page. */
import type { WaitReason } from '../../../shared/waiting.ts';
import type { ColorName } from './theme.ts';

/** In the order in which they are stacked. Those that are alike share a colour and a place. */
export const REASON_GROUPS: readonly {
	readonly label: string;
	readonly color: ColorName;
	readonly reasons: readonly WaitReason[];
}[] = [
	{ label: 'a slot', color: 'blue', reasons: ['slot', 'group', 'rate', 'room'] },
	{ label: 'other jobs', color: 'purple', reasons: ['dependency', 'subject'] },
	{ label: 'their time', color: 'green', reasons: ['delayed', 'event'] },
	{ label: 'the next try', color: 'red', reasons: ['backoff'] },
	{ label: 'the machine', color: 'cyan', reasons: ['power', 'idle', 'memory', 'disk', 'network'] },
	{ label: 'a worker', color: 'foreground', reasons: ['worker'] },
	{ label: 'a person', color: 'yellow', reasons: ['held', 'paused'] },
	{ label: 'something else', color: 'foreground', reasons: ['other'] },
];

export const REASON_TEXT: Readonly<Record<WaitReason, string>> = {
	slot: 'a slot',
	group: 'a place in their group',
	rate: 'the rate of their queue',
	room: 'room for their memory',
	dependency: 'other jobs',
	subject: 'older work of the same subject',
	delayed: 'their start time',
	event: 'an event',
	backoff: 'the next attempt',
	power: 'power',
	idle: 'an idle machine',
	memory: 'memory',
	disk: 'disk space',
	network: 'another network',
	held: 'somebody to resume them',
	paused: 'a paused queue',
	worker: 'a worker',
	other: 'something else',
};
