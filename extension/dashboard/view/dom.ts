/** Making elements. Text is only ever text: nothing here reads markup. */

type Attributes = Readonly<Record<string, string | undefined>>;

export function el<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes: Attributes = {},
	...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value !== undefined) element.setAttribute(name, value);
	}
	element.append(...children);
	return element;
}

/** A figure that leads to the jobs behind it. */
export function link(text: string, meaning: string, follow: () => void): HTMLButtonElement {
	const button = el('button', { type: 'button', class: 'link', title: meaning }, text);
	button.addEventListener('click', follow);
	return button;
}

/** Sets it only where it is another: nothing that is looked at is drawn anew for nothing. */
export function say(element: Node, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

export function table(
	caption: string,
	heads: readonly string[],
	rows: readonly (readonly (Node | string)[])[],
): HTMLTableElement {
	const cell = (value: Node | string, column: number) =>
		column === 0 ? el('th', { scope: 'row' }, value) : el('td', {}, value);
	return el(
		'table',
		{},
		el('caption', { class: 'unseen' }, caption),
		el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
		el('tbody', {}, ...rows.map((row) => el('tr', {}, ...row.map(cell)))),
	);
}
