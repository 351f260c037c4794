/** What translators are given is what the extension says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { BUNDLE, sentences } from '../../../scripts/l10n.mjs';
import { AI_RUN_WORDS } from '../../../shared/aiTerms.ts';

test('the bundle for translators has every sentence, and no other: npm run l10n', () => {
	expect(JSON.parse(readFileSync(BUNDLE, 'utf8'))).toEqual(sentences());
	expect(BUNDLE).toMatch(new RegExp(`${manifest.l10n.slice(1)}/bundle.l10n.json$`));
});

test('constants and choices count, not only what stands in the call', () => {
	expect(Object.keys(sentences())).toEqual(expect.arrayContaining(Object.values(AI_RUN_WORDS)));
});
