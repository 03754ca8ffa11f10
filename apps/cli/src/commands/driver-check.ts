import { rmSync } from 'node:fs';
import {
  createContainer,
  isWinbackError,
  loadPlugins,
  TargetError,
  UsageError,
  type BackupTargetDriver,
  type OpenTargetOptions,
} from '@winback/core';
import { backupTargetSuite, checkSuite, type BackupTargetHarness, type CheckResult } from '@winback/core/testing';
import { targetDriverFor } from '@winback/wsb';
import { pluginsFor } from '../builtin-plugins.js';
import { Exit, type ExitCode } from '../exit-codes.js';
import { shownError } from '../print-error.js';
import type { CommonOptions, Session } from '../session.js';
import { targetUri } from '../paths.js';
import { painterFor, type Painter } from '../terminal/colours.js';
import { printable, printableJson } from '../terminal/printable.js';

/** Holds a backup target's driver to its contract, on a scratch target that must not exist yet and is gone afterwards. */
export async function run({ io }: Session, options: CommonOptions, [text = '']: readonly string[]): Promise<ExitCode> {
  const uri = targetUri(text, io.cwd);
  const container = createContainer(await loadPlugins(pluginsFor(io, options)));
  const driver = targetDriverFor(container, uri);
  const probe = driver.probe();
  if (!probe.available)
    throw new TargetError('TARGET_UNSUPPORTED', `${driver.scheme}: targets cannot be used here: ${probe.reason}`, { uri });
  await assertNothingThere(driver, uri);
  const scratch = await scratchTarget(driver, uri);

  const paint = painterFor(io.stdout, io);
  const stopping = new AbortController();
  const stopListening = io.onInterrupt(() => {
    stopping.abort();
  });
  const results: CheckResult[] = [];
  try {
    for await (const result of checkSuite(backupTargetSuite, () => scratch)) {
      results.push(result);
      if (!options.json && (!options.quiet || result.outcome === 'failed')) io.stdout.write(`${describe(result, paint)}\n`);
      if (stopping.signal.aborted) return Exit.INTERRUPTED;
    }
  } finally {
    stopListening();
    await scratch.dispose?.();
  }
  const count = (outcome: CheckResult['outcome']): number => results.filter((r) => r.outcome === outcome).length;
  const counts = { passed: count('passed'), skipped: count('skipped'), failed: count('failed') };
  if (options.json)
    io.stdout.write(
      `${printableJson({ suite: backupTargetSuite.name, scheme: driver.scheme, uri, ...counts, results: results.map(documentOf) }, 2)}\n`,
    );
  else if (!options.quiet)
    io.stdout.write(`${driver.scheme}: ${counts.passed} passed, ${counts.skipped} skipped, ${counts.failed} failed.\n`);
  return counts.failed > 0 ? Exit.FAILED : Exit.DONE;
}

/** @throws USAGE when the target exists, so that nobody's backup is written to */
async function assertNothingThere(driver: BackupTargetDriver, uri: string): Promise<void> {
  try {
    const target = await driver.open(uri, { mode: 'read' });
    await target.close();
  } catch (error) {
    if (isWinbackError(error, 'TARGET_NOT_FOUND')) return;
    throw error;
  }
  throw new UsageError(
    `${uri}: there is something already, and a check writes and deletes`,
    { uri },
    { hint: 'name a target that does not exist yet' },
  );
}

/** The same place for each case, emptied in between. Only files that the target itself named are deleted. */
async function scratchTarget(driver: BackupTargetDriver, uri: string): Promise<BackupTargetHarness> {
  const first = await driver.open(uri, { mode: 'append', create: true });
  const { capabilities, localFiles } = first;
  await first.close();
  if (localFiles.length === 0) {
    const problem = 'only targets that are files can be checked, because they can be emptied between cases';
    throw new TargetError('TARGET_UNSUPPORTED', `${uri}: ${problem}`, { uri });
  }
  const files = new Set<string>();
  return {
    capabilities,
    async open(options: OpenTargetOptions) {
      const target = await driver.open(uri, options);
      for (const file of target.localFiles) files.add(file);
      return target;
    },
    dispose() {
      for (const file of files) rmSync(file, { force: true });
    },
  };
}

const reasonOf = ({ error }: CheckResult): string =>
  isWinbackError(error) ? `${error.message} [${error.code}]` : error instanceof Error ? error.message : shownError(error).message;

const documentOf = (result: CheckResult): object => ({
  name: result.name,
  outcome: result.outcome,
  ...(result.reason === undefined ? {} : { reason: result.reason }),
  ...(result.outcome === 'failed' ? { error: reasonOf(result) } : {}),
});

function describe(result: CheckResult, paint: Painter): string {
  const name = printable(result.name);
  if (result.outcome === 'passed') return `${paint('green', 'passed ')}  ${name}`;
  if (result.outcome === 'skipped') return `${paint('yellow', 'skipped')}  ${name} (${printable(result.reason ?? '')})`;
  const reason = reasonOf(result)
    .split('\n')
    .map((line) => `           ${printable(line)}`.trimEnd());
  return `${paint('red', 'FAILED ')}  ${name}\n${reason.join('\n')}`;
}
