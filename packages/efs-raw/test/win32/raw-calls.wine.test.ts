import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { windowsCases } from './cases.js';

const here = dirname(fileURLToPath(import.meta.url));
const harness = join(here, '../../../../scripts/wine/run.mjs');
/** The harness' exit code where Windows code cannot be run; what is missing is in its output. */
const UNAVAILABLE = 77;
const RESULT = '\u0001result ';

describe('the raw encryption calls, under Wine with a stand-in for advapi32', () => {
  let results: Map<string, string | undefined> | string = new Map();
  beforeAll(() => {
    const args = [harness, '--timeout', '300', '--dll', join(here, 'mock/mock-efs.c'), join(here, 'main.ts')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status === UNAVAILABLE) {
      results = `${stdout}${stderr}`.trim();
      return;
    }
    if (status !== 0) console.error(`ended with ${String(status)}: ${stdout}${stderr}`);
    const lines = stdout.split(/\r?\n/).filter((line) => line.startsWith(RESULT));
    results = new Map(
      lines
        .map((line) => JSON.parse(line.slice(RESULT.length)) as { name: string; failure?: string })
        .map(({ name, failure }) => [name, failure]),
    );
  }, 600_000);

  for (const { name } of windowsCases) {
    it(name, (context) => {
      if (typeof results === 'string') return context.skip(results);
      if (!results.has(name)) throw new Error('the process ended before this case');
      const failure = results.get(name);
      if (failure !== undefined) throw new Error(failure);
    });
  }
});
