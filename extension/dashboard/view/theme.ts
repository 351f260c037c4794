/** The colours of the editor's theme: a canvas cannot use CSS variables, so they are read, again with each theme. */

/** `orange` is left out: some themes make it too dark to be seen. */
export type ColorName = 'blue' | 'green' | 'red' | 'yellow' | 'cyan' | 'purple' | 'foreground';

export interface Theme {
	color(name: ColorName): string;
	readonly text: string;
	readonly lines: string;
	readonly font: string;
}

export function readTheme(): Theme {
	const styles = getComputedStyle(document.documentElement);
	const read = (name: string, otherwise: string) =>
		styles.getPropertyValue(name).trim() || otherwise;
	const text = read('--vscode-foreground', '#888');
	return {
		color: (name) =>
			read(name === 'cyan' ? '--vscode-terminal-ansiCyan' : `--vscode-charts-${name}`, text),
		text,
		lines: read('--vscode-charts-lines', 'rgba(128, 128, 128, 0.5)'),
		font: `11px ${read('--vscode-font-family', 'sans-serif')}`,
	};
}

/** The editor says it by the class and the style of the page. */
export function onThemeChange(changed: () => void): void {
	const observer = new MutationObserver(changed);
	observer.observe(document.body, { attributeFilter: ['class'] });
	observer.observe(document.documentElement, { attributeFilter: ['class', 'style'] });
}
