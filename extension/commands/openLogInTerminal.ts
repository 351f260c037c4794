import { l10n } from 'vscode';
import type { JobPicker } from '../jobs/pick.ts';
import type { LogViewsOnDemand } from '../logs/onDemand.ts';
import type { CommandBody } from './register.ts';
import { showLog } from './showLog.ts';

export function openLogInTerminal(views: LogViewsOnDemand, picker: JobPicker): CommandBody {
	return showLog(views.openTerminal, picker, l10n.t('Open Log in Terminal'));
}
