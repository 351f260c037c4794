/** `npm run dashboard`: writes media/monitoring/dashboard.json. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardText } from './dashboard.ts';

writeFileSync(join(import.meta.dirname, '../../media/monitoring/dashboard.json'), dashboardText());
