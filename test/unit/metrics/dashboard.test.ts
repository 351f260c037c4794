/** The rules of Grafana's dashboard-linter, and that the file is what is built. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildDashboard, dashboardText } from '../../../scripts/monitoring/dashboard.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

interface Panel {
	readonly id: number;
	readonly type: string;
	readonly title?: string;
	readonly description?: string;
	readonly gridPos: {
		readonly x: number;
		readonly y: number;
		readonly w: number;
		readonly h: number;
	};
	readonly datasource?: { readonly uid: string };
	readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
	readonly targets?: readonly {
		readonly expr: string;
		readonly datasource?: { readonly uid: string };
	}[];
}

interface Dashboard {
	readonly editable: boolean;
	readonly panels: readonly Panel[];
	readonly templating: {
		readonly list: readonly {
			readonly name: string;
			readonly type: string;
			readonly label?: string;
			readonly multi?: boolean;
			readonly allValue?: string;
			readonly datasource?: { readonly uid: string };
		}[];
	};
}

const dashboard = JSON.parse(JSON.stringify(buildDashboard())) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const targets = panels.flatMap(({ title, targets: all = [] }) =>
	all.map((target) => ({ title, ...target })),
);

const KINDS = new Map(
	[
		...readFileSync(resolve(ROOT, 'docs/monitoring.md'), 'utf8').matchAll(
			/^\| `(semantica_\w+)` \| (\w+) \|/gm,
		),
	].map(([, name = '', kind = '']) => [name, kind]),
);

it('is in the repository as it is built (npm run dashboard)', () => {
	const kept = readFileSync(resolve(ROOT, 'media/monitoring/dashboard.json'), 'utf8');
	expect(kept).toBe(dashboardText());
});

describe('the dashboard', () => {
	it('has panels with ids of their own that do not lie upon each other', () => {
		const { panels: all } = dashboard;
		expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
		for (const [i, { gridPos: a, id }] of all.entries()) {
			expect(a.x + a.w, `panel ${id}`).toBeLessThanOrEqual(24);
			for (const { gridPos: b, id: other } of all.slice(i + 1)) {
				const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
				expect(apart, `${id} and ${other}`).toBe(true);
			}
		}
	});

	it('is not editable, and takes source, job and instance from variables', () => {
		expect(dashboard.editable).toBe(false);
		const [source, job, instance] = dashboard.templating.list;
		expect(source).toMatchObject({ name: 'datasource', type: 'datasource', label: 'Data source' });
		for (const variable of [job, instance]) {
			expect(variable).toMatchObject({ type: 'query', multi: true, allValue: '.+' });
			expect(variable?.datasource?.uid).toBe('$datasource');
		}
		expect([job?.name, instance?.name]).toEqual(['job', 'instance']);
	});

	it('says of each panel what it shows, in which unit', () => {
		for (const { title = '', description = '', fieldConfig, datasource, id } of panels) {
			expect(title, `panel ${id}`).not.toBe('');
			expect(description, title).toMatch(/[.a-z]$/);
			expect(fieldConfig?.defaults.unit, title).toBeTruthy();
			expect(datasource?.uid, title).toBe('$datasource');
		}
		expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
	});

	it.each(targets.map(({ title, expr }) => [title, expr] as const))(
		'asks in "%s" for what there is, as the rules want it',
		(_, expr) => {
			const selectors = [...expr.matchAll(/(semantica_\w+?)(_bucket|_sum|_count)?\{([^}]*)\}/g)];
			expect(selectors.length).toBe([...expr.matchAll(/semantica_/g)].length);
			for (const [whole, base = '', suffix = '', matchers = ''] of selectors) {
				const kind = KINDS.get(base) ?? KINDS.get(base + suffix);
				expect(kind, whole).toBeDefined();
				expect(matchers).toContain('job=~"$job"');
				expect(matchers).toContain('instance=~"$instance"');
				if (kind === 'histogram') expect(suffix, whole).not.toBe('');
				const counts = kind === 'counter' || suffix !== '';
				const inside = new RegExp(`(rate|increase)\\(${base}${suffix}\\{[^}]*\\}\\[`).test(expr);
				expect(inside, whole).toBe(counts);
			}
			for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g))
				expect(range).toBe('$__rate_interval');
		},
	);

	it('shows every metric that the documentation names, but those that only stand for others', () => {
		const shown = targets.map(({ expr }) => expr).join('\n');
		const hidden = [...KINDS.keys()].filter(
			(name) => !new RegExp(`${name}\\b|${name}_(bucket|count)`).test(shown),
		);
		expect(hidden.sort()).toEqual([
			'semantica_build_info',
			'semantica_orphan_processes_last_found_timestamp_seconds',
		]);
	});
});
