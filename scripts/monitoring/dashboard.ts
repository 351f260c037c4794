/** The Grafana dashboard, built from panels.ts. */

import * as common from '@grafana/grafana-foundation-sdk/common';
import {
	DashboardBuilder,
	DatasourceVariableBuilder,
	QueryVariableBuilder,
	RowBuilder,
	VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type PanelSpec, ROWS } from './panels.ts';

const SOURCE = { type: 'prometheus', uid: '$datasource' };
const COLUMNS = 24;
const HEIGHT = 8;
const STAT_HEIGHT = 4;

interface Place {
	readonly x: number;
	readonly y: number;
	readonly w: number;
	readonly h: number;
}

/** As it stands in media/monitoring/dashboard.json. */
export function dashboardText(): string {
	return `${JSON.stringify(buildDashboard(), null, '\t')}\n`;
}

export function buildDashboard() {
	const dashboard = new DashboardBuilder('Semantica')
		.uid('semantica')
		.description('What the jobs of Semantica do, why they wait, and how its daemon is.')
		.tags(['semantica'])
		.readonly()
		.timezone('browser')
		.time({ from: 'now-6h', to: 'now' })
		.refresh('30s')
		.withVariable(
			new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
		)
		.withVariable(variable('job', 'Job', 'label_values(semantica_up, job)'))
		.withVariable(
			variable('instance', 'Instance', 'label_values(semantica_up{job=~"$job"}, instance)'),
		)
		.withVariable(
			variable(
				'queue',
				'Queue',
				'label_values(semantica_jobs{job=~"$job", instance=~"$instance"}, queue)',
			),
		);
	let id = 1;
	let y = 0;
	for (const row of ROWS) {
		dashboard.withRow(new RowBuilder(row.title).id(id++).gridPos({ x: 0, y, w: COLUMNS, h: 1 }));
		y++;
		let x = 0;
		let below = y;
		for (const panel of row.panels) {
			const h = panel.kind === 'stat' ? STAT_HEIGHT : HEIGHT;
			if (x + panel.width > COLUMNS) {
				x = 0;
				y = below;
			}
			dashboard.withPanel(panelOf(panel, id++, { x, y, w: panel.width, h }));
			x += panel.width;
			below = Math.max(below, y + h);
		}
		y = below;
	}
	return dashboard.build();
}

function variable(name: string, label: string, query: string): QueryVariableBuilder {
	return new QueryVariableBuilder(name)
		.label(label)
		.query(query)
		.datasource(SOURCE)
		.refresh(VariableRefresh.OnTimeRangeChanged)
		.multi(true)
		.includeAll(true)
		.allValue('.+')
		.current({ selected: true, text: 'All', value: '$__all' });
}

function panelOf(spec: PanelSpec, id: number, place: Place) {
	const panel = builderOf(spec)
		.id(id)
		.title(spec.title)
		.description(spec.description)
		.unit(spec.unit)
		.datasource(SOURCE)
		.gridPos(place);
	for (const [i, { expr, legend }] of spec.queries.entries()) {
		const query = new DataqueryBuilder()
			.refId(String.fromCharCode(65 + i))
			.datasource(SOURCE)
			.expr(expr)
			.legendFormat(legend);
		if (spec.kind === 'stat') query.instant();
		else query.range();
		if (spec.kind === 'heatmap') query.format(PromQueryFormat.Heatmap);
		panel.withTarget(query);
	}
	return panel;
}

function builderOf(spec: PanelSpec): GraphBuilder | StatBuilder | HeatmapBuilder {
	switch (spec.kind) {
		case 'stat':
			return new StatBuilder().reduceOptions(
				new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']),
			);
		case 'heatmap':
			return new HeatmapBuilder();
		case 'graph':
			return lines();
		case 'stacked':
			return lines()
				.fillOpacity(40)
				.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
	}
}

/** A gap is drawn as one: the daemon was not there. */
function lines(): GraphBuilder {
	return new GraphBuilder()
		.spanNulls(false)
		.min(0)
		.tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
		.legend(
			new common.VizLegendOptionsBuilder()
				.displayMode(common.LegendDisplayMode.List)
				.placement(common.LegendPlacement.Bottom)
				.showLegend(true),
		);
}
