// node scripts/tape-vm/run.mjs [--timeout SECONDS] packages/NAME/test/….ts [ARGUMENT]…
// Runs a TypeScript file in a virtual machine with tape drives: prints what it prints and exits as it does; 77 when that cannot be done
// here, with the reason.
import { runInTapeVm, TapeVmUnavailable } from './tape-vm.mjs';

const UNAVAILABLE = 77;
const args = process.argv.slice(2);
const options = {};
if (args[0] === '--timeout') options.timeout = Number(args.splice(0, 2)[1]) * 1000;
try {
  const [script, ...rest] = args;
  if (script === undefined) throw new TypeError('no script is named');
  const { code, stdout } = await runInTapeVm(script, rest, options);
  process.stdout.write(stdout);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof TapeVmUnavailable)) throw error;
  console.error(error.message);
  process.exitCode = UNAVAILABLE;
}
