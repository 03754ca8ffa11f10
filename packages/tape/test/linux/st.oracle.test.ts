import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { RESULT_MARK, type StResult } from './vm/case.js';
import { stCases } from './vm/cases.js';

const here = dirname(fileURLToPath(import.meta.url));
const harness = join(here, '../../../../scripts/tape-vm/run.mjs');
/** The harness' exit code where there is no such machine; what is missing is in its output. */
const UNAVAILABLE = 77;
/** The first run on a machine fetches a kernel. */
const TIMEOUT_MS = 900_000;
const MACHINE_SECONDS = 420;

/** All cases in one machine: results by name, or why there are none. */
function runInMachine(): Promise<Map<string, StResult> | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [harness, '--timeout', String(MACHINE_SECONDS), join(here, 'vm/main.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === UNAVAILABLE) {
        resolve(output.trim());
        return;
      }
      const lines = output.split(/\r?\n/).filter((line) => line.startsWith(RESULT_MARK));
      const results = lines.map((line) => JSON.parse(line.slice(RESULT_MARK.length)) as StResult);
      if (code !== 0) console.error(`ended with ${String(code)}: ${output.slice(-4000)}`);
      resolve(new Map(results.map((result) => [result.name, result])));
    });
  });
}

describe("drives of Linux' st in a virtual machine", () => {
  let results: Map<string, StResult> | string = new Map<string, StResult>();
  beforeAll(async () => {
    results = await runInMachine();
  }, TIMEOUT_MS);

  it('runs each case once', (context) => {
    if (typeof results === 'string') return context.skip(results);
    expect([...results.keys()]).toEqual(stCases.map(({ name }) => name));
  });

  for (const { name } of stCases) {
    it(name, (context) => {
      if (typeof results === 'string') return context.skip(results);
      const result = results.get(name);
      if (!result) throw new Error('the machine ended before this case');
      if (result.outcome === 'skipped') return context.skip(result.text);
      if (result.outcome === 'failed') throw new Error(result.text);
    });
  }
});
