/** The search by meaning beside the others: loaded where a folder has it, and nothing otherwise. */
import { existsSync } from 'node:fs';
import type { IndexHome } from '../catalogue/database.ts';
import { indexFolder } from '../catalogue/location.ts';
import type { MeaningAnswer, MeaningLeg, MeaningQuery } from '../meaning/leg.ts';
import { meaningFolder } from '../meaning/segmentFiles.ts';

export interface Meant {
	/** Undefined where none of the folders has it. @throws The signal's reason. */
	find(query: MeaningQuery): Promise<MeaningAnswer | undefined>;
}

export function createMeant(home: IndexHome): Meant {
	let leg: MeaningLeg | undefined;
	return {
		async find(query) {
			const choices = query.choices.filter(({ index }) =>
				existsSync(meaningFolder(indexFolder(home.paths, index))),
			);
			if (choices.length === 0) return undefined;
			if (leg === undefined) {
				const { createMeaningLeg } = await import('../meaning/leg.ts');
				leg ??= createMeaningLeg(home);
			}
			return leg.find({ ...query, choices });
		},
	};
}
