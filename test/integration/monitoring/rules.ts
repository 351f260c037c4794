/** media/monitoring/rules.yml, as far as a test has to know it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const RULES_FILE = resolve(import.meta.dirname, '../../../media/monitoring/rules.yml');

export interface Alert {
	readonly name: string;
	readonly expr: string;
	readonly summary: string;
	readonly description: string;
}

export function readAlerts(): Alert[] {
	const [, ...rules] = readFileSync(RULES_FILE, 'utf8').split('- alert: ');
	return rules.map((rule) => {
		const field = (pattern: RegExp): string => {
			const found = pattern.exec(rule)?.[1];
			if (found === undefined) throw new Error(`A rule lacks ${pattern}: ${rule}`);
			return found.replaceAll(/\s+/g, ' ').trim();
		};
		return {
			name: field(/^(\w+)/),
			expr: field(/expr: \|?([\s\S]+?)\n {8}(?:for|labels):/),
			summary: field(/summary: (.*)/),
			description: field(/description: >-\n([\s\S]+)$/),
		};
	});
}
