/** The group Scheduled of the Jobs view: its nodes, and which of them have to be drawn anew. */
import {
	l10n,
	MarkdownString,
	ThemeColor,
	ThemeIcon,
	TreeItem,
	TreeItemCollapsibleState,
} from 'vscode';
import type { Schedule } from '../../shared/protocol/schedules.ts';
import { BESIDE_FLAG, type ScheduleFlag } from '../contributions.ts';
import { plainText } from '../jobs/text/plainText.ts';
import { type Disposable, Lifetime, Signal } from '../lifetime.ts';
import type { ScheduleStore } from './store.ts';
import type { ScheduleText } from './text.ts';

export type ScheduleNode =
	| { readonly kind: 'schedules' }
	| { readonly kind: 'schedule'; readonly name: string }
	/** Schedules beyond those that are listed. */
	| { readonly kind: 'schedulesRest'; readonly count: number };

/** Of more, only the number is said. */
const SHOWN = 200;

export class SchedulesBranch implements Disposable {
	readonly root: ScheduleNode = { kind: 'schedules' };
	readonly #store: ScheduleStore;
	readonly #text: ScheduleText;
	readonly #lifetime = new Lifetime();
	readonly #changes = new Signal<readonly ScheduleNode[]>();
	readonly onDidChange = this.#changes.on;
	// The editor knows rows by object identity.
	readonly #nodes = new Map<string, ScheduleNode>();
	/** A row that is drawn anew takes its tooltip with it: one that looks the same is left alone. */
	readonly #drawn = new Map<string, string>();

	constructor(store: ScheduleStore, text: ScheduleText) {
		this.#store = store;
		this.#text = text;
		this.#lifetime.own(
			store.onDidChange(({ list, names }) => {
				for (const name of this.#nodes.keys())
					if (store.get(name) === undefined) this.#forget(name);
				const rows = names.flatMap((name) => this.#different(name));
				this.#changes.emit(list ? [this.root, ...rows] : rows);
			}),
		);
	}

	dispose(): void {
		this.#lifetime.dispose();
	}

	get isEmpty(): boolean {
		return this.#store.size === 0;
	}

	children(node: ScheduleNode): ScheduleNode[] {
		if (node.kind !== 'schedules') return [];
		const rows = this.#store
			.all()
			.slice(0, SHOWN)
			.map(({ name }) => this.#node(name));
		const count = this.#store.size - rows.length;
		return count > 0 ? [...rows, { kind: 'schedulesRest', count }] : rows;
	}

	item(node: ScheduleNode): TreeItem {
		if (node.kind === 'schedules') return groupItem(this.#store.size);
		if (node.kind === 'schedulesRest') return restItem(node.count);
		const schedule = this.#store.get(node.name);
		if (schedule === undefined) {
			const gone = new TreeItem(l10n.t('No longer there'));
			gone.id = `schedule:${node.name}`;
			return gone;
		}
		this.#drawn.set(node.name, this.#look(schedule));
		return this.#row(schedule);
	}

	tooltip(node: ScheduleNode): MarkdownString | undefined {
		const schedule = node.kind === 'schedule' ? this.#store.get(node.name) : undefined;
		if (schedule === undefined) return undefined;
		const facts = this.#text
			.facts(schedule)
			.map(([name, value]) => `${plainText(name)}: ${plainText(value)}`)
			.join('  \n');
		const explained = plainText(this.#text.explanation(schedule));
		return new MarkdownString([`**${plainText(schedule.name)}**`, explained, facts].join('\n\n'));
	}

	#row(schedule: Schedule): TreeItem {
		const item = new TreeItem(schedule.name);
		item.id = `schedule:${schedule.name}`;
		const description = this.#text.description(schedule);
		item.description = description;
		item.iconPath = iconOf(schedule);
		item.contextValue = flagsOf(schedule).join('.');
		item.accessibilityInformation = { label: this.#text.aloud(schedule, description) };
		return item;
	}

	#node(name: string): ScheduleNode {
		const known = this.#nodes.get(name);
		if (known !== undefined) return known;
		const node: ScheduleNode = { kind: 'schedule', name };
		this.#nodes.set(name, node);
		return node;
	}

	#different(name: string): ScheduleNode[] {
		const node = this.#nodes.get(name);
		const schedule = this.#store.get(name);
		if (node === undefined || schedule === undefined) return [];
		return this.#drawn.get(name) === this.#look(schedule) ? [] : [node];
	}

	#look(schedule: Schedule): string {
		return JSON.stringify([this.#text.description(schedule), flagsOf(schedule), iconOf(schedule)]);
	}

	#forget(name: string): void {
		this.#nodes.delete(name);
		this.#drawn.delete(name);
	}
}

function groupItem(count: number): TreeItem {
	const item = new TreeItem(l10n.t('Scheduled'), TreeItemCollapsibleState.Expanded);
	item.id = 'group:scheduled';
	item.description = String(count);
	item.contextValue = `group.${BESIDE_FLAG}`;
	const label = l10n.t('Scheduled');
	item.accessibilityInformation = {
		label:
			count === 1 ? l10n.t('{0}, 1 schedule', label) : l10n.t('{0}, {1} schedules', label, count),
	};
	return item;
}

function restItem(count: number): TreeItem {
	const item = new TreeItem(l10n.t('{0} more', count));
	item.id = 'rest:scheduled';
	item.contextValue = `rest.${BESIDE_FLAG}`;
	item.iconPath = new ThemeIcon('ellipsis');
	return item;
}

function flagsOf({ enabled }: Schedule): ScheduleFlag[] {
	return ['schedule', enabled ? 'scheduleActive' : 'schedulePaused'];
}

function iconOf({ enabled, last, lastError }: Schedule): ThemeIcon {
	if (!enabled) return new ThemeIcon('debug-pause');
	const bad = lastError !== null || last?.state === 'failed' || last?.state === 'expired';
	return bad ? new ThemeIcon('calendar', new ThemeColor('charts.red')) : new ThemeIcon('calendar');
}
