/** A run as Markdown, for docs/performance.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Alternative, type Figure, holdsBudget, ratioOf, unstable } from './figures.ts';
import { type BenchReport, budgetText, cell } from './report.ts';

const BEGIN = '<!-- figures of npm run bench: begin -->';
const END = '<!-- figures of npm run bench: end -->';

/** Puts the figures between the marks of a file that has them; else they are the file. */
export function writeMarkdown(file: string, report: BenchReport): void {
	writeFileSync(file, inserted(existsSync(file) ? readFileSync(file, 'utf8') : '', report));
}

export function inserted(text: string, report: BenchReport): string {
	const begin = text.indexOf(BEGIN);
	const end = text.indexOf(END);
	const figures = `${BEGIN}\n\n${markdown(report)}\n\n${END}`;
	if (begin < 0 || end < begin) return `${figures}\n`;
	return text.slice(0, begin) + figures + text.slice(end + END.length);
}

export function markdown(report: BenchReport): string {
	const { machine, versions, figures, failures } = report;
	const beside = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	const tables = Map.groupBy(
		figures.filter(({ table }) => table !== undefined),
		({ table }) => table ?? '',
	);
	return [
		`Measured ${report.at.slice(0, 16).replace('T', ' ')} UTC on ${machine.cores} × ${machine.cpu}, ` +
			`${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}` +
			`${beside.length > 0 ? `; beside it ${beside.join(', ')}` : ''}.`,
		...ownTable(figures.filter(({ table }) => table === undefined)),
		...[...tables].map(([title, columns]) => sharedTable(title, columns)),
		...failures.map(({ name, why }) => `The benchmark \`${name}\` broke off: ${escaped(why)}`),
	].join('\n\n');
}

function ownTable(figures: readonly Figure[]): string[] {
	if (figures.length === 0) return [];
	const rows = figures.map((figure) => {
		const held = holdsBudget(figure);
		const verdict =
			held === undefined ? '' : `${held ? 'holds' : '**missed**'} (${budgetText(figure)})`;
		return [
			figure.what,
			`${cell({ values: figure.ours })} ${figure.unit}`.trim(),
			figure.cpu === undefined ? '' : cell({ values: figure.cpu }),
			besideText(figure),
			figure.void === undefined ? verdict : `void: ${figure.void}`,
			unstable(figure) ?? 'yes',
		];
	});
	const head = [
		'what',
		'Semantica: median (range)',
		'CPU µs per job',
		'beside it',
		'budget',
		'stable',
	];
	return [table(head, rows)];
}

function besideText(figure: Figure): string {
	const [other] = figure.others ?? [];
	if (other === undefined) return '';
	const ratio = ratioOf(figure);
	return `${cell(other)} (${other.label})${ratio === undefined ? '' : `, × ${ratio.toFixed(2)}`}`;
}

/** A line for each system, a column for each figure, and a last line that says which columns are stable. */
function sharedTable(title: string, columns: readonly Figure[]): string {
	const lines = columns.map((figure): Alternative[] => [
		{
			label: figure.label ?? 'Semantica',
			values: figure.ours,
			...(figure.cpu === undefined ? {} : { cpu: figure.cpu }),
			...(figure.void === undefined ? {} : { void: figure.void }),
		},
		...(figure.others ?? []),
	]);
	const labels = [...new Set(lines.flat().map(({ label }) => label))];
	const rows = labels.map((label) => {
		const series = lines.map((column) => column.find((one) => one.label === label));
		const cells = series.map((one) => (one === undefined ? '' : cell(one)));
		// One reason for all of them is said once.
		const [reason, ...rest] = cells;
		const none = series.every((one) => one?.absent !== undefined && one.values.length === 0);
		return [label, ...(none ? [reason ?? '', ...rest.map(() => '')] : cells)];
	});
	const stable = columns.map((figure) => unstable(figure) ?? 'yes');
	return `### ${title}\n\n${table(
		['', ...columns.map(({ what, unit }) => (unit === '' ? what : `${what}, ${unit}`))],
		[...rows, ['*stable*', ...stable]],
	)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const text = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
	return [text(head), `|${head.map(() => '---|').join('')}`, ...rows.map(text)].join('\n');
}

function escaped(cell: string): string {
	return cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
