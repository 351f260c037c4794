/**
 * A tree view as the editor keeps it, in its two halves: the extension host knows which rows were registered, the
 * window which it shows. As there, the window keeps what it has of a row until that row is refreshed, and messages
 * that have piled up on their way to it are all taken in before what follows from the first of them is done.
 */
import type { TreeDataProvider, TreeItem } from 'vscode';

interface Row<T> {
	/** Undefined: the root. */
	readonly element: T | undefined;
	readonly item: TreeItem | undefined;
	children: Row<T>[] | undefined;
}

type Provider<T> = Pick<TreeDataProvider<T>, 'getChildren' | 'getTreeItem' | 'onDidChangeTreeData'>;

type Fired<T> = Parameters<Parameters<NonNullable<Provider<T>['onDidChangeTreeData']>>[0]>[0];

const COLLAPSED = 1;

export class EditorTree<T> {
	/** What the extension host complains of. */
	readonly errors: string[] = [];
	readonly #provider: Provider<T>;
	// The extension host's half.
	readonly #known = new Set<T>();
	#roots: Row<T>[] | undefined;
	#draws = 0;
	// The window's.
	readonly #root: Row<T> = { element: undefined, item: undefined, children: undefined };
	#messages: (() => void)[] = [];
	#drawing = Promise.resolve();

	constructor(provider: Provider<T>) {
		this.#provider = provider;
		provider.onDidChangeTreeData?.((fired) => this.#refresh(fired));
	}

	/** The first look at it. */
	open(): void {
		this.#drawAgain(this.#root);
	}

	/** All that is on its way to the window arrives at once. */
	async turn(): Promise<void> {
		await settled();
		for (const message of this.#messages.splice(0)) message();
		await settled();
	}

	/** Until nothing is on its way any more. */
	async quiet(): Promise<void> {
		do await this.turn();
		while (this.#messages.length > 0);
	}

	/** The labels that the window shows, each row below its own. */
	get shown(): unknown[] {
		const labels = (row: Row<T>): unknown[] =>
			(row.children ?? []).flatMap((child) => [child.item?.label, ...labels(child)]);
		return labels(this.#root);
	}

	#refresh(fired: Fired<T>): void {
		const rows = Array.isArray(fired) ? fired : [fired];
		if (rows.some((row) => row === undefined || row === null)) {
			this.#forgetAll();
			this.#messages.push(() => {
				this.#root.children = undefined;
				this.#drawAgain(this.#root);
			});
			return;
		}
		const known = (rows as T[]).filter((row) => this.#known.has(row));
		for (const row of known) this.#provider.getTreeItem(row);
		if (known.length === 0) return;
		this.#messages.push(() => {
			for (const row of known) {
				const shown = (this.#root.children ?? []).find(({ element }) => element === row);
				if (shown === undefined) continue;
				shown.children = undefined;
				this.#drawAgain(shown);
			}
		});
	}

	#forgetAll(): void {
		this.#known.clear();
		this.#roots = undefined;
		this.#draws++;
	}

	#drawAgain(row: Row<T>): void {
		this.#drawing = this.#drawing.then(() => this.#draw(row));
	}

	async #draw(row: Row<T>): Promise<void> {
		row.children ??= await this.#ask(row.element);
		const open = row.children.filter(({ item }) => (item?.collapsibleState ?? 0) > COLLAPSED);
		await Promise.all(open.map((child) => this.#draw(child)));
	}

	/** The window asks, and has the answer when it is delivered. */
	#ask(element: T | undefined): Promise<Row<T>[]> {
		return new Promise((resolve) => {
			void this.#answer(element).then((rows) => this.#messages.push(() => resolve(rows)));
		});
	}

	async #answer(element: T | undefined): Promise<Row<T>[]> {
		if (element === undefined && this.#roots !== undefined) return this.#roots;
		if (element !== undefined && !this.#known.has(element)) {
			this.errors.push('No tree item with that id found.');
			return [];
		}
		if (element === undefined) this.#forgetAll();
		const draws = this.#draws;
		const elements = (await this.#provider.getChildren(element)) ?? [];
		if (draws !== this.#draws) return [];
		const rows: Row<T>[] = [];
		for (const one of elements) {
			const item = (await this.#provider.getTreeItem(one)) as TreeItem;
			rows.push({ element: one, item, children: undefined });
		}
		if (draws !== this.#draws) return [];
		for (const one of elements) this.#known.add(one);
		if (element === undefined) this.#roots = rows;
		return rows;
	}
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
