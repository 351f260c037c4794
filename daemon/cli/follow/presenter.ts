/** Shows a followed job: redrawn in place on a terminal, a line now and then anywhere else. */
import type { LogSource } from '../../../shared/protocol/logs.ts';
import type { Output } from '../output.ts';
import { renderLive, renderPlainProgress } from '../render/live.ts';
import type { FollowModel } from './model.ts';
import { openScreen } from './screen.ts';
import { UnfinishedLine } from './unfinished.ts';

export interface Presenter {
	update(model: FollowModel): void;
	/** Where the job's log must keep out of the way of a moving view: takes it, in whatever pieces it comes. */
	readonly log: ((bytes: Buffer, source: LogSource) => void) | undefined;
	/** A sentence about what happens. */
	note(sentence: string): void;
	close(): void;
}

export function createPresenter(output: Output, live: boolean): Presenter {
	return live ? livePresenter(output) : plainPresenter(output);
}

/** Shows nothing: for --json, whose only output is the result. */
export const silentPresenter: Presenter = {
	update: () => {},
	log: undefined,
	note: () => {},
	close: () => {},
};

function livePresenter(output: Output): Presenter {
	let model: FollowModel | undefined;
	// Part of the view until it is complete: whatever stood beside it would be swallowed.
	const unfinished = new UnfinishedLine();
	const screen = openScreen(output.stream, () => {
		const view = output.view();
		const line = unfinished.shown(view.width);
		const drawn = model === undefined ? [] : renderLive(model, Date.now(), view);
		return line === '' ? drawn : [line, ...drawn];
	});
	return {
		update: (next) => {
			model = next;
			screen.refresh();
		},
		log: (bytes, source) => screen.print(unfinished.push(bytes, source)),
		note: (sentence) => screen.print(`${output.style.yellow(sentence)}\n`),
		close: () => {
			screen.print(unfinished.end());
			screen.close();
		},
	};
}

/** Between two lines about progress alone; changes of state are told at once. */
const PLAIN_EVERY_MS = 2000;

function plainPresenter(output: Output): Presenter {
	let shownAt = 0;
	let shownState: string | undefined;
	let shownLine: string | undefined;
	return {
		update: (model) => {
			// The summary tells how it ended.
			if (model.job.finishedAt !== null) return;
			const now = Date.now();
			const line = renderPlainProgress(model, now);
			const state = `${model.job.state} ${model.waitReason ?? ''}`;
			const due = state !== shownState || now - shownAt >= PLAIN_EVERY_MS;
			if (!due || line === shownLine) return;
			shownAt = now;
			shownState = state;
			shownLine = line;
			output.lines([line]);
		},
		log: undefined,
		note: (sentence) => output.lines([sentence]),
		close: () => {},
	};
}
