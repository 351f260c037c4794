import { expect, test } from 'vitest';
import { Signal } from '../../../extension/lifetime.ts';
import { LogSubscriptions } from '../../../extension/logs/subscriptions.ts';

type State = { readonly kind: string };

function setUp(answer: () => Promise<unknown> = async () => ({})) {
	const asked: string[] = [];
	const connected = new Signal<State>();
	const notifications = new Signal<{ method: string; params: unknown }>();
	const request = (method: string, params: { id: string; offset?: number }) => {
		asked.push([method, params.id, params.offset].filter((part) => part !== undefined).join(' '));
		return answer();
	};
	const link = { request, onDidChange: connected.on } as never;
	const subscriptions = new LogSubscriptions({ link, notifications, log: () => {} });
	const reader = (offset: number) => {
		const got: string[] = [];
		return {
			got,
			offset,
			accept: ({ text }: { text: string }) => void got.push(text),
			failed: () => void got.push('failed'),
		};
	};
	const data = (id: string, text: string) =>
		notifications.emit({ method: 'log/data', params: { id, text } });
	return { asked, connected, subscriptions, reader, data };
}

test('two that follow one log share its subscription, from where the slower one stands', async () => {
	const { asked, subscriptions, reader, data } = setUp();
	const [channel, terminal] = [reader(100), reader(0)];
	await subscriptions.follow('a', channel);
	await subscriptions.follow('a', terminal);
	data('a', 'x');
	data('b', 'y');
	expect([channel.got, terminal.got]).toEqual([['x'], ['x']]);
	subscriptions.leave('a', channel);
	data('a', 'z');
	expect([channel.got, terminal.got]).toEqual([['x'], ['x', 'z']]);
	subscriptions.leave('a', terminal);
	subscriptions.leave('a', terminal);
	expect(asked).toEqual(['log/subscribe a 100', 'log/subscribe a 0', 'log/unsubscribe a']);
});

test('a new connection is asked again, also where the last one failed', async () => {
	let fails = true;
	const { asked, connected, subscriptions, reader } = setUp(async () => {
		if (fails) throw new Error('gone');
		return {};
	});
	const channel = reader(7);
	await subscriptions.follow('a', channel);
	expect(channel.got).toEqual(['failed']);
	fails = false;
	connected.emit({ kind: 'reconnecting' });
	connected.emit({ kind: 'connected' });
	expect(asked).toEqual(['log/subscribe a 7', 'log/subscribe a 7']);
});
