// What systeminformation's own code answers, as if on the platform that is named: node systeminformation.cjs PLATFORM
Object.defineProperty(process, 'platform', { value: process.argv[2] });
require('systeminformation/lib/util').getPowershell();
const battery = require('systeminformation/lib/battery');
battery().then(({ hasBattery, acConnected, percent }) => {
	process.stdout.write(JSON.stringify({ hasBattery, acConnected, percent }));
});
