import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { RESULT_MARK, type CaseResult } from './case.js';
import { windowsCases } from './cases/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const harness = join(here, '../../../../scripts/wine/run.mjs');
/** The harness' exit code where Windows code cannot be run; what is missing is in its output. */
const UNAVAILABLE = 77;
/** The first run on a machine fetches node.exe and makes a Wine prefix. */
const TIMEOUT_MS = 600_000;

/** All cases in one process of Windows' Node.js: results by name, or why there are none. */
function runUnderWine(): Promise<Map<string, CaseResult> | string> {
  const dll = join(here, 'fake-drive/tapemock.c');
  const tape = join(here, 'fake-drive/faketape.c');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [harness, '--timeout', '300', '--dll', dll, '--tape', tape, join(here, 'main.ts')], {
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
      const results = lines.map((line) => JSON.parse(line.slice(RESULT_MARK.length)) as CaseResult);
      if (code !== 0) console.error(`ended with ${code}: ${output}`);
      resolve(new Map(results.map((result) => [result.name, result])));
    });
  });
}

describe('Windows’ tape functions under Wine', () => {
  let results: Map<string, CaseResult> | string = new Map<string, CaseResult>();
  beforeAll(async () => {
    results = await runUnderWine();
  }, TIMEOUT_MS);

  for (const { name } of windowsCases) {
    it(name, (context) => {
      if (typeof results === 'string') return context.skip(results);
      const result = results.get(name);
      if (!result) throw new Error('the process ended before this case');
      if (result.outcome === 'skipped') return context.skip(result.text);
      if (result.outcome === 'failed') throw new Error(result.text);
    });
  }
});
