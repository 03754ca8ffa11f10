import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { checkHive } from './support/check-hive.js';
import { tempFolder } from './support/hives.js';

const support = join(import.meta.dirname, 'support');
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6);

/** Starts a writer and kills it, without a chance to clean up, a while after its first flush. Gives the last that it said to be done. */
async function writeUntilKilled(path: string, first: number, milliseconds: number): Promise<number> {
  const args = ['--import', join(support, 'ts-loader.mjs'), '--conditions', '@winback/source', '--no-warnings'];
  const child = spawn(process.execPath, [...args, join(support, 'flush-for-ever.ts'), path, String(first)], {
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

it(`a writer that is killed leaves the hive before or after a flush, whole (${String(ROUNDS)} rounds)`, async () => {
  const path = join(tempFolder(), 'hive');
  HiveFile.create(path)[Symbol.dispose]();
  let next = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const said = await writeUntilKilled(path, next, 3 + ((round * 37) % 50) + Math.random() * 5);
    expect(checkHive(path)).toEqual([]);
    using store = HiveFile.open(path, { mode: 'write' });
    expect(store.notes).toEqual([]);
    const [name = '', ...others] = [...store.key('')!.subkeys()];
    expect(others).toEqual([]);
    // The last flush may have been done just before the process could say so.
    const n = Number(name.slice('round '.length));
    expect([said, said + 1]).toContain(n);
    expect([...store.key(name)!.subkeys()]).toHaveLength(20);
    for (let i = 0; i < 20; i++) {
      expect(Buffer.from(store.key(`${name}\\key ${String(i)}`)!.value('n')!.data).equals(Buffer.alloc(i * 1500, n)), String(i)).toBe(true);
    }
    next = n + 1;
  }
  // What the killed ones left is taken away by the next.
  using store = HiveFile.open(path, { mode: 'write' });
  store.createKey('end');
  store.flush();
  expect(readdirSync(join(path, '..'))).toEqual(['hive']);
}, 120_000);
