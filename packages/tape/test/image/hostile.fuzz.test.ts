import { isWinbackError } from '@winback/core';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TapePositionMethod, TapeStatus, type TapeDrive } from '../../src/index.js';
import { contents, driver, newPath, open } from './support/images.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Tries everything that reads. Nothing may happen but errors of ours. */
function tryOut(path: string): string[] {
  let found: string[] = [];
  const tried = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!isWinbackError(error)) throw error;
    }
  };
  tried(() => {
    using drive = driver.open(path, { mode: 'write' });
    tried(() => (found = readable(drive)));
    for (const [method, count] of [
      [4, 0],
      [6, -3],
      [6, 2],
      [5, -4],
      [7, 2],
      [8, 1],
      [2, 3],
    ] as const) {
      tried(() => drive.setTapePosition(method, 0, count));
      tried(() => drive.read(new Uint8Array(100)));
    }
    tried(() => drive.write(new Uint8Array(10)));
    tried(() => drive.writeTapemark(1, 1));
  });
  return found;
}

/** The blocks that can be read, past those that cannot. */
function readable(drive: TapeDrive): string[] {
  const memory = new Uint8Array(4096);
  const found: string[] = [];
  for (let i = 0, failures = 0; i < 100 && failures < 20; i++) {
    try {
      const { bytes, status } = drive.read(memory);
      if (status === TapeStatus.ERROR_NO_DATA_DETECTED) break;
      if (bytes > 0) found.push(Buffer.from(memory.subarray(0, bytes)).toString('hex'));
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      failures++;
    }
  }
  return found;
}

describe('images that nobody wrote', () => {
  const whole = (name: string): Buffer => {
    const path = newPath(name);
    {
      using drive = open(path);
      for (let i = 1; i < 12; i++) {
        drive.write(new Uint8Array(i * 17).fill(i));
        if (i % 3 === 0) drive.writeTapemark(1, 1);
      }
    }
    return readFileSync(path);
  };

  it('with any byte changed: what is read is what was written, or nothing', () => {
    const bytes = whole('flipped.wbtape');
    const path = newPath('flipped.wbtape');
    const all = new Set(Array.from({ length: 12 }, (_, i) => Buffer.alloc(i * 17, i).toString('hex')));
    for (let at = 0; at < bytes.length; at += at > 8192 || at % 4096 < 256 ? 1 : 97) {
      bytes[at]! ^= 1 << (at % 8);
      writeFileSync(path, bytes);
      for (const block of tryOut(path)) expect(all.has(block), `byte ${at}`).toBe(true);
      bytes[at]! ^= 1 << (at % 8);
    }
  }, 120_000);

  for (const name of ['random.wbtape', 'random.tap']) {
    it(`of random bytes, or with random bytes in them (${name})`, () => {
      const path = newPath(name);
      const bytes = whole(name);
      const patch = fc.tuple(fc.nat(bytes.length), fc.uint8Array({ maxLength: 64 }));
      fc.assert(
        fc.property(fc.array(patch, { maxLength: 5 }), fc.uint8Array({ maxLength: 300 }), fc.boolean(), (patches, random, alone) => {
          const made = alone ? Buffer.from(random) : Buffer.from(bytes);
          for (const [at, data] of alone ? [] : patches)
            made.set(data.subarray(0, Math.max(0, made.length - at)), Math.min(at, made.length));
          writeFileSync(path, made);
          tryOut(path);
        }),
        { numRuns: RUNS },
      );
    }, 120_000);
  }
});

it('no file that is no cartridge is ever changed', () => {
  for (const content of ['', 'x', 'WBTAP', 'a'.repeat(100_000)]) {
    const path = newPath('foreign.wbtape');
    writeFileSync(path, content);
    if (content === '') continue;
    expect(() => driver.open(path, { mode: 'write', create: true })).toThrow(expect.objectContaining({ code: 'TAPE_IO' }) as Error);
    expect(readFileSync(path, 'latin1')).toBe(content);
  }
});

it('one drive at a time has a cartridge, and it is private', () => {
  const path = newPath('locked.wbtape');
  using _drive = open(path);
  for (const mode of ['read', 'write'] as const)
    expect(() => driver.open(path, { mode })).toThrow(expect.objectContaining({ code: 'TAPE_LOCKED' }) as Error);
  expect(statSync(path).mode & 0o77).toBe(0);
});

const isRoot = process.getuid?.() === 0;
it.skipIf(!isRoot)(
  'on a disk that becomes full what was written before stays, and writing goes on once there is room (needs root)',
  () => {
    for (const name of ['full.wbtape', 'full.tap']) {
      const folder = newPath('small-disk');
      mkdirSync(folder);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]);
      try {
        writeFileSync(join(folder, 'ballast'), Buffer.alloc(1 << 20));
        using drive = open(join(folder, name));
        const block = (i: number): Uint8Array => new Uint8Array(50_000).fill(i);
        let acknowledged = 0;
        expect(() => {
          for (; ; acknowledged++) drive.write(block(acknowledged));
        }).toThrow(expect.objectContaining({ code: 'TAPE_IO', details: expect.objectContaining({ errno: 'ENOSPC' }) as unknown }) as Error);
        const { offset } = drive.getTapePosition(1);
        expect(offset).toBeGreaterThan(0);
        expect(offset).toBeLessThanOrEqual(acknowledged);
        const expected = Array.from({ length: offset }, (_, i) => Buffer.from(block(i)).toString('hex'));
        expect(contents(drive)).toEqual(expected);
        execFileSync('rm', [join(folder, 'ballast')]);
        drive.setTapePosition(TapePositionMethod.SPACE_END_OF_DATA, 0, 0);
        drive.write(block(99));
        drive.writeTapemark(1, 1);
        expect(contents(drive)).toEqual([...expected, Buffer.from(block(99)).toString('hex'), 'filemark']);
      } finally {
        execFileSync('umount', ['-l', folder]);
      }
    }
  },
  60_000,
);
