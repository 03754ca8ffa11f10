// `npm test`: runs every test of every package once and closes with one line, `N passed, N failed, N skipped`. Arguments go to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, runMain, runNode, StepFailed } from './lib/workspace.mjs';

/** Skipped tests grouped by their reason, the commonest first. */
function printSkips(skips) {
  const byReason = new Map();
  for (const { test, reason } of skips) byReason.set(reason, [...(byReason.get(reason) ?? []), test]);
  for (const [reason, tests] of [...byReason].sort((a, b) => b[1].length - a[1].length)) {
    console.log(`\nSkipped: ${reason}\n${tests.map((test) => `  ${test}`).join('\n')}`);
  }
}

/** Every failure once more, behind the skips: who sees the last lines of a run only still sees what failed, and why. */
function printFailures(failures) {
  for (const { test, error, milliseconds } of failures) {
    const after = milliseconds === undefined ? '' : ` (after ${milliseconds} ms)`;
    const shown = error.length > longestError ? `${error.slice(0, longestError)} …` : error;
    console.log(`\nFailed: ${test}${after}\n${shown.replace(/^/gm, '  ')}`);
  }
}

/** Characters of an error; the whole of it is in vitest's own report. */
const longestError = 2_000;

await runMain(async () => {
  await prepare();
  const folder = mkdtempSync(join(tmpdir(), 'winback-test-'));
  try {
    const results = join(folder, 'results.json');
    const reporters = ['--reporter=default', '--reporter=./scripts/lib/results-reporter.mjs'];
    const code = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)], {
      env: { WINBACK_TEST_RESULTS: results, ...administratorsPath() },
    });
    const { passed, failures, skips } = readResults(results);
    const failed = failures.length;
    printSkips(skips);
    printFailures(failures);
    if (passed + failed === 0) console.log('\nNo test ran.');
    console.log(`\n${passed} passed, ${failed} failed, ${skips.length} skipped`);
    return code !== 0 || failed > 0 || passed === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Tools that make and mount file systems lie where only an administrator's PATH leads. */
function administratorsPath() {
  return process.platform === 'win32' ? {} : { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StepFailed(`winback: the test run ended without results (${error.message})`);
  }
}
