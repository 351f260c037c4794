import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	launchdAgent,
	scheduledTask,
	systemdUnit,
} from '../../../daemon/cli/service/definitions.ts';
import { serviceManager } from '../../../daemon/cli/service/manager.ts';
import { quoted, serviceScript } from '../../../daemon/cli/service/script.ts';
import { dataPaths } from '../../../shared/paths.ts';

const facts = (platform: NodeJS.Platform) => ({
	platform,
	paths: dataPaths('/home/me/.semantica'),
	isUsual: true,
	homeFolder: '/home/me',
	env: { USERDOMAIN: 'BOX', USERNAME: 'me' },
	execPath: 'C:\\Program Files\\node.exe',
	uid: 501,
});

describe('the files of services', () => {
	test('systemd: words, specifiers and variables of a path stay what they are', () => {
		const unit = systemdUnit('/a b/100%/"x"/$y\\z', '/a 100%');
		expect(unit).toContain('ExecStart=/bin/sh "/a b/100%%/\\"x\\"/$$y\\\\z"');
		expect(unit).toContain('Description=Semantica, jobs and schedules of /a 100%%\n');
		expect(unit).toContain('RestartForceExitStatus=75');
	});

	test('launchd: it starts at login, and again when it did not end well', () => {
		const agent = launchdAgent('dev.semantica.daemon', '/Users/a&b/<x>/service.sh', '/log');
		expect(agent).toContain('<string>/Users/a&amp;b/&lt;x&gt;/service.sh</string>');
		expect(agent).toMatch(/<key>RunAtLoad<\/key>\s*<true\/>/);
		expect(agent).toMatch(/<key>SuccessfulExit<\/key>\s*<false\/>/);
	});

	test('Task Scheduler: at logon, on battery too, without an end', () => {
		const task = scheduledTask('BOX\\me', 'C:\\n.exe', ['C:\\a b\\', 'start'], 'C:\\a & b');
		expect(task).toContain('<UserId>BOX\\me</UserId>');
		expect(task).toContain('<Arguments>&quot;C:\\a b\\\\&quot; &quot;start&quot;</Arguments>');
		expect(task).toContain('<WorkingDirectory>C:\\a &amp; b</WorkingDirectory>');
		expect(task).toContain('<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>');
		expect(task).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
	});
});

describe('the keeper of services', () => {
	test('stands where each system has it', () => {
		expect(serviceManager(facts('linux'))).toMatchObject({
			name: 'semantica.service',
			file: '/home/me/.config/systemd/user/semantica.service',
		});
		expect(serviceManager(facts('darwin'))).toMatchObject({
			file: '/home/me/Library/LaunchAgents/dev.semantica.daemon.plist',
			install: [['launchctl', 'bootstrap', 'gui/501', expect.any(String)]],
		});
		const task = serviceManager(facts('win32'));
		expect(task?.install[0]?.slice(0, 4)).toEqual(['schtasks', '/Create', '/F', '/TN']);
		const text = Buffer.from(task?.content ?? '').toString('utf16le');
		expect(text.startsWith('\ufeff<?xml')).toBe(true);
		expect(text).toContain('newest.js&quot; &quot;start&quot;');
		expect(serviceManager(facts('freebsd'))).toBeUndefined();
	});

	test('tells data folders apart', () => {
		const named = (home: string) =>
			serviceManager({ ...facts('linux'), isUsual: false, paths: dataPaths(home) })?.name;
		expect(named('/a')).not.toBe(named('/b'));
	});
});

test('the script takes every path as one word', () => {
	expect(quoted("it's")).toBe("'it'\\''s'");
	const script = serviceScript(dataPaths("/it's mine"), '/opt/a node');
	expect(script).toContain("node='/opt/a node'");
	expect(script).toContain(quoted(join("/it's mine", 'bin', 'newest.js')));
	expect(script).toContain('SEMANTICA_SERVICE=1');
});
