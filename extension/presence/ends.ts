/** Tells the daemon which window a person is in, and shows there what it has to say to them. */
import { window } from 'vscode';
import type { JobsEnded } from '../../shared/protocol/notify.ts';
import type { Link } from '../connection/link.ts';
import type { Notifications } from '../connection/windowLink.ts';
import { type Disposable, Lifetime } from '../lifetime.ts';
import type { Reporter } from '../status/reporter.ts';

export interface EndsPorts {
	readonly link: Pick<Link, 'tell' | 'onDidChange' | 'state'>;
	readonly notifications: Notifications;
	readonly reporter: Pick<Reporter, 'ended'>;
}

export function showEnds({ link, notifications, reporter }: EndsPorts): Disposable {
	const lifetime = new Lifetime();
	// Only over a connection that is there: nobody else could tell this window anything.
	const report = () => {
		const { focused } = window.state;
		if (link.state.kind === 'connected') void link.tell('window/report', { focused });
	};
	lifetime.own(link.onDidChange(report));
	lifetime.own(window.onDidChangeWindowState(report));
	lifetime.own(
		notifications.on(({ method, params }) => {
			if (method === 'jobs/ended') reporter.ended(params as JobsEnded);
		}),
	);
	return lifetime;
}
