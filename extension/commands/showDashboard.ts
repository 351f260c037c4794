import type { DashboardOnDemand } from '../dashboard/onDemand.ts';
import type { CommandBody } from './register.ts';

export function showDashboard(dashboard: DashboardOnDemand): CommandBody {
	return () => dashboard.show();
}
