import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTarget, readSet, tempFolder } from './support/target.js';

const support = join(import.meta.dirname, 'support');
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6);

/** Starts a writer and kills it, without a chance to clean up, a while after its first commit. Gives the last set that it said to be committed. */
async function writeUntilKilled(path: string, first: number, milliseconds: number): Promise<number> {
  const args = ['--import', join(support, 'ts-loader.mjs'), '--conditions', '@winback/source', '--no-warnings'];
  const child = spawn(process.execPath, [...args, join(support, 'append-for-ever.ts'), path, String(first)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return await new Promise((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), milliseconds);
      output += data.toString();
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.trimEnd().split('\n').at(-1)));
      else reject(new Error(`the writer ended by itself: ${errors}`));
    });
  });
}

it(`a writer that is killed loses at most the set in progress, and the next one repairs (${String(ROUNDS)} rounds)`, async () => {
  const path = join(tempFolder(), 'killed.bkf');
  let first = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const committed = await writeUntilKilled(path, first, 3 + ((round * 37) % 50) + Math.random() * 5);
    const versions = openTarget(path).versions();
    // The last set may have become whole just before the process could say so.
    expect([committed, committed + 1]).toContain(versions.length);
    expect(versions.map((v) => v.name)).toEqual(versions.map((_, i) => String(i + 1)));
    for (const n of new Set([1, Math.ceil(versions.length / 2), versions.length])) {
      const { files, reader } = readSet(path, String(n));
      expect(reader.damage).toEqual([]);
      expect(files).toHaveLength(41);
      expect(files.slice(1).every((f, i) => f.streams[0]!.data.equals(Buffer.alloc(i * 3001, n)))).toBe(true);
    }
    first = versions.length + 1;
  }
}, 120_000);
