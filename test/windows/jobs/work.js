/** Small jobs: `payload FILE` writes what came on stdin, `attempt` fails once, `run` hangs in its first run. */
const { readFileSync, writeFileSync } = require('node:fs');

const [what, file] = process.argv.slice(2);
if (what === 'payload') writeFileSync(file, readFileSync(0));
if (what === 'attempt') console.log('printed on Windows');
if (what === 'attempt') process.exit(process.env.SEMANTICA_ATTEMPT === '1' ? 3 : 0);
if (what === 'run' && process.env.SEMANTICA_RUN === '1') setInterval(() => {}, 1000);
