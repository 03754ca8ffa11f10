import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OutputFile } from '../../src/api/output-file.js';

const folder = mkdtempSync(join(tmpdir(), 'winback-output-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const MiB = 1 << 20;

function patterned(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) data.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
  return data;
}

describe('a file that is being written', () => {
  it('is whole where it is long, in whatever pieces and order it comes', () => {
    const path = join(folder, 'long');
    const content = patterned(50 * MiB + 333);
    const output = new OutputFile(path);
    const pieces = [65_536, 1, 262_144 - 7, 3 * MiB + 11];
    for (let at = 0, i = 0; at < content.length; i++) {
      const piece = content.subarray(at, at + pieces[i % pieces.length]!);
      output.write(piece, at);
      at += piece.length;
    }
    // Back over what was written, among the short and among the long; then far behind the end.
    for (const place of [5, 40 * MiB + 3]) {
      output.write(Buffer.from('over'), place);
      content.write('over', place);
    }
    output.write(Buffer.from('end'), 60 * MiB);
    output.finish(60 * MiB + 3);
    const found = readFileSync(path);
    expect(found.length).toBe(60 * MiB + 3);
    expect(found.subarray(0, content.length).equals(content)).toBe(true);
    expect(found.subarray(content.length, 60 * MiB).every((byte) => byte === 0)).toBe(true);
    expect(found.subarray(60 * MiB).toString()).toBe('end');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is gone when it is given up, however long', () => {
    const path = join(folder, 'given-up');
    const output = new OutputFile(path);
    const data = patterned(4 * MiB);
    for (let at = 0; at < 44 * MiB; at += data.length) output.write(data, at);
    output.abort();
    expect(existsSync(path)).toBe(false);
  });
});
