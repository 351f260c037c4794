import { expect, test } from 'vitest';
import { createDiagnosis, diagnose, warningsCheck } from '../../../daemon/operations/diagnose.ts';

test('each finding is a sentence of its own', async () => {
	const warnings = Array.from({ length: 35 }, (_, i) => `Log ${i} cannot be written.`);
	const { checks } = await diagnose([warningsCheck(warnings)]);
	expect(checks).toEqual(warnings.map((message) => ({ name: 'warnings', ok: false, message })));
	expect((await diagnose([warningsCheck([])])).checks).toMatchObject([{ ok: true }]);
});

test('a diagnosis is made once for all who ask while it goes on, and anew for who asks later', async () => {
	let runs = 0;
	let end = (): void => {};
	const gate = new Promise<void>((resolve) => {
		end = resolve;
	});
	const run = async () => {
		await gate;
		return { ok: true, message: `look ${++runs}` };
	};
	const diagnosis = createDiagnosis(() => [{ name: 'slow', run }]);
	const asked = [diagnosis(), diagnosis(), diagnosis()];
	end();
	for (const { checks } of await Promise.all(asked)) {
		expect(checks).toEqual([{ name: 'slow', ok: true, message: 'look 1' }]);
	}
	expect((await diagnosis()).checks).toEqual([{ name: 'slow', ok: true, message: 'look 2' }]);
});
