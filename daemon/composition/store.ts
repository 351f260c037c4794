/** What is kept: jobs.db, payloads, logs; with what looks into logs. */
import { join } from 'node:path';
import { lockedFiles, ownLockedFiles } from '../disks/lockedFiles.ts';
import type { Instance } from '../instance/compose.ts';
import { createPayloadRoom } from '../payloads/store.ts';
import { createLogSearch } from '../processes/log/search/service.ts';
import { createLogStore } from '../processes/log/store.ts';
import { createProblemSearch } from '../processes/problems/service.ts';
import { createReadiness } from '../processes/readiness/service.ts';
import type { Clock } from '../queue/ports/clock.ts';
import { openDatabase } from '../queue/store/database.ts';

export type Store = ReturnType<typeof openStore>;

export function openStore(instance: Instance, clock: Clock) {
	const { paths, dist, nativeFolder, settings, damage, warn } = instance;
	const db = openDatabase({
		file: paths.database,
		migrations: join(dist, 'migrations'),
		nativeFolder,
		damagedFolder: paths.damaged,
		payloadFolder: paths.payloads,
		damageMark: paths.damageMark,
		durability: settings.values.durability,
		now: () => clock.now(),
		warn(sentence) {
			damage.begunAnew();
			warn(sentence);
		},
	});
	const payloads = createPayloadRoom({
		db,
		clock,
		folder: paths.payloads,
		thresholdBytes: settings.values.payloadThresholdBytes,
		isLocked: lockedFiles(ownLockedFiles(paths)),
		quotaBytes: () => settings.values.payloadQuotaBytes,
		warn,
	});
	return {
		db,
		payloads,
		logs: createLogStore(paths.logs, warn),
		logSearch: createLogSearch(join(dist, 'logSearch.js'), paths.logs),
		readiness: createReadiness(join(dist, 'logSearch.js'), paths.logs),
		problems: createProblemSearch(join(dist, 'logSearch.js'), paths.logs),
	};
}
