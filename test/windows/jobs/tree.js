/** A job, its child, and that child's detached child; each notes its pid and stays. */
const { spawn } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [marker, folder, role = 'job'] = process.argv.slice(2);
const next = { job: 'child', child: 'grandchild' }[role];
if (next !== undefined) {
	const options = { stdio: 'ignore', detached: next === 'grandchild' };
	spawn(process.execPath, [__filename, marker, folder, next], options);
}
writeFileSync(join(folder, role), String(process.pid));
setInterval(() => {}, 1000);
