/** What systemd, launchd and the Task Scheduler are told of the daemon, as the files that they read. */
import { HANDED_OVER } from '../../../shared/client/launch.ts';

/** @param script bin/service.sh */
export function systemdUnit(script: string, home: string): string {
	return `[Unit]
Description=Semantica, jobs and schedules of ${specifiers(home)}

[Service]
Type=exec
ExecStart=/bin/sh ${systemdWord(script)}
# A daemon that has nothing to do leaves well. One that is killed, or makes way for a newer build, is followed.
Restart=on-failure
RestartForceExitStatus=${HANDED_OVER}
RestartSec=2
# Told to end it ends its jobs first, each within its grace time.
KillMode=mixed
TimeoutStopSec=90
Delegate=yes

[Install]
WantedBy=default.target
`;
}

const specifiers = (text: string): string => text.replaceAll('%', '%%').replaceAll(/[\r\n]/g, ' ');

/** Quotes, backslashes, specifiers and variables of systemd.service(5). */
function systemdWord(text: string): string {
	const escaped = text.replaceAll(/[\\"]/g, '\\$&').replaceAll('$', () => '$$');
	return `"${escaped.replaceAll('%', '%%').replaceAll('\n', '\\n')}"`;
}

export function launchdAgent(label: string, script: string, log: string): string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>${xml(label)}</string>
	<key>ProgramArguments</key>
	<array>
		<string>/bin/sh</string>
		<string>${xml(script)}</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>ThrottleInterval</key>
	<integer>10</integer>
	<key>ExitTimeOut</key>
	<integer>90</integer>
	<key>StandardOutPath</key>
	<string>${xml(log)}</string>
	<key>StandardErrorPath</key>
	<string>${xml(log)}</string>
</dict>
</plist>
`;
}

/** @param user As in `MACHINE\\name`. The task starts a daemon as a client does, and ends. */
export function scheduledTask(
	user: string,
	command: string,
	args: readonly string[],
	home: string,
): string {
	return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>${xml(`Semantica, jobs and schedules of ${home}`)}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${xml(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xml(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xml(command)}</Command>
      <Arguments>${xml(args.map(windowsWord).join(' '))}</Arguments>
      <WorkingDirectory>${xml(home)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`;
}

/** As Windows programs take their command line apart. */
function windowsWord(text: string): string {
	return `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

const XML: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&apos;',
};

function xml(text: string): string {
	return text.replaceAll(/[&<>"']/g, (sign) => XML[sign] ?? sign);
}
