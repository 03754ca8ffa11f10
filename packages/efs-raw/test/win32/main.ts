// The process that runs the cases under Wine: one line of JSON for each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { windowsCases } from './cases.js';

for (const { name, run } of windowsCases) {
  const folder = mkdtempSync(join(tmpdir(), 'winback-case-'));
  let failure: string | undefined;
  try {
    await run(folder);
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`\u0001result ${JSON.stringify({ name, failure })}`);
}
