import { describe, expect, it } from 'vitest';
import { createLabels } from '../../../daemon/metrics/labels.ts';
import { createRegistry } from '../../../daemon/metrics/registry.ts';

describe('the registry', () => {
	it('says counters, gauges and histograms as Prometheus reads them', () => {
		const registry = createRegistry();
		const came = registry.counter('came_total', 'Who came.', ['queue', 'type']);
		came('a', 'x')(1);
		came('a', 'x')(2);
		came('b', 'x')(1);
		registry.gauge('there', 'Who is there.', ['queue'], (add) => {
			add(3, 'a');
			add(4, 'other');
			add(5, 'other');
		});
		const took = registry.histogram('took_seconds', 'How long.', [0.1, 1])();
		for (const seconds of [0.1, 0.5, 7]) took(seconds);
		expect(registry.text().split('\n')).toEqual([
			'# HELP came_total Who came.',
			'# TYPE came_total counter',
			'came_total{queue="a",type="x"} 3',
			'came_total{queue="b",type="x"} 1',
			'# HELP there Who is there.',
			'# TYPE there gauge',
			'there{queue="a"} 3',
			'there{queue="other"} 9',
			'# HELP took_seconds How long.',
			'# TYPE took_seconds histogram',
			'took_seconds_bucket{le="0.1"} 1',
			'took_seconds_bucket{le="1"} 2',
			'took_seconds_bucket{le="+Inf"} 3',
			'took_seconds_sum 7.6',
			'took_seconds_count 3',
			'',
		]);
	});

	it('reads gauges anew each time, and leaves out what has no value', () => {
		const registry = createRegistry();
		let value: number | undefined;
		registry.gauge('battery', 'Charge.', [], (add) => value !== undefined && add(value));
		expect(registry.text()).toBe('\n');
		value = 0.5;
		expect(registry.text()).toContain('battery 0.5\n');
		value = 0.4;
		expect(registry.text()).toContain('battery 0.4\n');
	});

	it('keeps quotes, line ends, backslashes and halves of characters from breaking a line', () => {
		const registry = createRegistry();
		registry.counter('odd_total', 'A\nB \\.', ['type'])('a"b\nc\\d\ud800')(1);
		const text = registry.text();
		expect(text).toContain('# HELP odd_total A\\nB \\\\.\n');
		expect(text).toContain('odd_total{type="a\\"b\\nc\\\\d\ufffd"} 1\n');
		expect(Buffer.from(text).toString()).toBe(text);
	});
});

describe('labels', () => {
	it('names the first fifty queues and calls the rest "other"', () => {
		const labels = createLabels();
		const names = Array.from({ length: 10_000 }, (_, i) => labels.queue(`q${i}`));
		expect(new Set(names).size).toBe(51);
		expect(names[49]).toBe('q49');
		expect(names[50]).toBe('other');
		expect(labels.queue('q3')).toBe('q3');
	});

	it('always names what comes with Semantica, and the first fifty types of others', () => {
		const labels = createLabels();
		for (let i = 0; i < 60; i++) labels.pair('default', `acme.t${i}`);
		expect(labels.pair('default', 'acme.t49')[1]).toBe('acme.t49');
		expect(labels.pair('default', 'acme.t50')[1]).toBe('other');
		expect(labels.pair('default', 'command')[1]).toBe('command');
		expect(labels.pair('default', 'index.files')[1]).toBe('index.files');
	});

	it('bounds how many queues are told apart by type', () => {
		const labels = createLabels();
		const pairs = new Set<string>();
		for (let q = 0; q < 60; q++) {
			for (let t = 0; t < 60; t++) pairs.add(labels.pair(`q${q}`, `acme.t${t}`).join(' '));
		}
		expect(pairs.size).toBeLessThanOrEqual(200 + 51);
		expect([...pairs]).toContain('other other');
	});
});
