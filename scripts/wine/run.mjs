// node scripts/wine/run.mjs [--timeout SECONDS] [--dll FILE.c]… [--tape FILE.c] packages/NAME/test/….ts [ARGUMENT]…
// Runs a TypeScript file in Windows' Node.js under Wine: prints what it prints and exits as it does; 77 when that cannot be done here,
// with the reason. `--prepare` alone makes everything ready and leaves nothing running.
import { runUnderWine, stopWine, WineUnavailable } from './wine.mjs';

const UNAVAILABLE = 77;
const args = process.argv.slice(2);
const options = { dlls: [] };
while (args[0]?.startsWith('--')) {
  const option = args.shift();
  if (option === '--timeout') options.timeout = Number(args.shift()) * 1000;
  else if (option === '--dll') options.dlls.push(args.shift());
  else if (option === '--tape') options.tape = args.shift();
  else if (option !== '--prepare') throw new TypeError(`unknown option ${option}`);
}
try {
  const [script, ...rest] = args;
  if (script === undefined) await stopWine();
  else {
    const { code, stdout } = await runUnderWine(script, rest, options);
    process.stdout.write(stdout);
    process.exitCode = code;
  }
} catch (error) {
  if (!(error instanceof WineUnavailable)) throw error;
  console.error(error.message);
  process.exitCode = UNAVAILABLE;
}
