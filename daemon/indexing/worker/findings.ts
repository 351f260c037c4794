/**
 * What an indexer finds out about a file outside of any transaction, and how that gets into the
 * index.
 */
import { hash } from 'node:crypto';
import type { Catalogue, FileFacts, Place } from '../catalogue/catalogue.ts';
import { readContent } from '../files/content.ts';
import { NO_STAMP, type Probe, probe, type SkipReason } from '../files/probe.ts';
import type { Scope } from '../files/scope.ts';
import type { SegmentText } from '../segments/builder.ts';
import { WHOLE } from '../segments/format.ts';
import { placedSymbols } from '../symbols/place.ts';
import { searchablePath } from '../words/paths.ts';
import type { TermCounter } from '../words/terms.ts';
import type { Segments } from './segments.ts';

/** What is to be written about a file. `seen` is how the file looked when that was decided. */
export type Finding = { readonly path: string; readonly seen: string } & (
	| {
			readonly kind: 'index';
			readonly facts: FileFacts;
			readonly hash: Buffer;
			readonly content: SegmentText;
	  }
	/** Its content is what is indexed already. */
	| { readonly kind: 'confirm'; readonly facts: FileFacts }
	| { readonly kind: 'skip'; readonly facts: FileFacts; readonly reason: SkipReason }
	| { readonly kind: 'remove' }
);

export type Look =
	| Finding
	| { readonly kind: 'unchanged' }
	/** Written to while it was read. */
	| { readonly kind: 'unstable' };

export interface Examiner {
	readonly scope: Scope;
	readonly catalogue: Catalogue;
	readonly segments: Segments;
	readonly counter: TermCounter;
	readonly maxFileBytes: number;
}

/** How a file looks, in one string: equal strings mean that nothing happened to it. */
function appearance(found: Probe): string {
	if (found.kind === 'file') return found.stamp;
	return found.kind === 'skipped' ? found.reason : 'gone';
}

export function examine(examiner: Examiner, path: string): Look {
	const { scope, catalogue, counter, maxFileBytes } = examiner;
	const found = probe(scope, path);
	const seen = appearance(found);
	const skip = (reason: SkipReason, size: number, stamp: string): Finding => ({
		kind: 'skip',
		path,
		seen,
		facts: { path, size, stamp },
		reason,
	});

	if (found.kind === 'skipped') return skip(found.reason, 0, NO_STAMP);
	// A folder has taken the place of the file.
	if (found.kind !== 'file') return { kind: 'remove', path, seen };
	if (found.size > maxFileBytes) return skip('too-large', found.size, NO_STAMP);
	if (catalogue.get(path)?.stamp === found.stamp) return { kind: 'unchanged' };

	const content = readContent(scope, path, maxFileBytes);
	if (content.kind === 'gone') return { kind: 'remove', path, seen: 'gone' };
	if (content.kind === 'unstable') return { kind: 'unstable' };
	if (content.kind === 'skipped') return skip(content.reason, content.size, content.settled);
	const facts: FileFacts = { path, size: content.size, stamp: content.settled };
	const digest = hash('sha256', content.text, 'buffer');
	if (catalogue.hash(path)?.equals(digest)) {
		return { kind: 'confirm', path, seen: content.stamp, facts };
	}
	const { text, lead = WHOLE } = content;
	return {
		kind: 'index',
		path,
		seen: content.stamp,
		facts,
		hash: digest,
		content: {
			text,
			lead,
			symbols: placedSymbols(path, text.toString()),
			words: counter.documentOf(text, searchablePath(path)),
		},
	};
}

/**
 * Writes findings in one transaction. A file that no longer looks as it did is left out and
 * returned: another indexer may have written what it is now, and an older finding must not go
 * over a newer one.
 */
export function commit(
	{ scope, catalogue, segments }: Examiner,
	findings: readonly Finding[],
): Set<Finding> {
	const texts = findings.flatMap((finding) => (finding.kind === 'index' ? finding.content : []));
	const writeSegment = texts.length === 0 ? undefined : segments.prepare(texts);
	return catalogue.transaction(() => {
		const outdated = new Set<Finding>();
		const segment = writeSegment?.() ?? 0;
		let doc = 0;
		for (const finding of findings) {
			const place = { segment, doc };
			if (finding.kind === 'index') doc++;
			if (appearance(probe(scope, finding.path)) !== finding.seen) outdated.add(finding);
			else write(catalogue, finding, place);
		}
		return outdated;
	});
}

function write(catalogue: Catalogue, finding: Finding, place: Place): void {
	if (finding.kind === 'index') {
		catalogue.index(finding.facts, finding.hash, place);
	} else if (finding.kind === 'confirm') catalogue.confirm(finding.facts);
	else if (finding.kind === 'skip') catalogue.skip(finding.facts, finding.reason);
	else catalogue.remove(finding.path);
}
