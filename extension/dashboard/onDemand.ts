/** The dashboard's code is read when somebody first looks at it, also at what the editor kept from before. */
import { type Disposable, window } from 'vscode';
import { DASHBOARD } from '../contributions.ts';
import type { Dashboard, DashboardPorts } from './panel.ts';

export interface DashboardOnDemand extends Disposable {
	show(): Promise<void>;
}

export function dashboardOnDemand(ports: DashboardPorts): DashboardOnDemand {
	let made: Promise<Dashboard> | undefined;
	const dashboard = () => {
		made ??= import('./panel.ts').then(({ createDashboard }) => createDashboard(ports));
		return made;
	};
	const serializer = window.registerWebviewPanelSerializer(DASHBOARD, {
		deserializeWebviewPanel: async (panel) => (await dashboard()).restore(panel),
	});
	return {
		show: async () => (await dashboard()).show(),
		dispose: () => serializer.dispose(),
	};
}
