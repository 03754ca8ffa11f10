import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWinbackError } from '@winback/core';
import { SkipCase, type CaseResult, type WindowsCase } from './case.js';

/** Runs cases one after the other, each in a folder of its own. */
export async function* runCases(cases: readonly WindowsCase[], underWine: boolean): AsyncGenerator<CaseResult> {
  for (const testCase of cases) {
    const folder = mkdtempSync(join(tmpdir(), 'winback-'));
    const start = performance.now();
    try {
      yield { ...(await runCase(testCase, folder, underWine)), milliseconds: Math.round(performance.now() - start) };
    } finally {
      removeTree(folder);
    }
  }
}

async function runCase({ name, run, wineLacks }: WindowsCase, folder: string, underWine: boolean): Promise<CaseResult> {
  const stub = underWine ? wineLacks : undefined;
  try {
    await run({ folder, underWine });
  } catch (error) {
    if (error instanceof SkipCase) return { name, outcome: 'skipped', text: error.message };
    if (stub && errorName(error) === stub.error) return { name, outcome: 'skipped', text: `Wine: ${stub.because}` };
    return { name, outcome: 'failed', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  if (stub) return { name, outcome: 'failed', text: `Wine can do this now: take away wineLacks (${stub.because})` };
  return { name, outcome: 'passed' };
}

/** The name of the Win32 error or status behind an error; ERR_ASSERTION of an assertion. */
function errorName(error: unknown): unknown {
  if (isWinbackError(error)) return error.details['name'];
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Names that Node.js cannot spell may be left behind; whoever runs the cases clears the folder of temporary files. */
function removeTree(folder: string): void {
  try {
    rmSync(`\\\\?\\${folder}`, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}
