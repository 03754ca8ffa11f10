import { mkdtempSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../src/raw/block-source.js';
import { noise } from './fixture.js';

describe('a file as a source of blocks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'winback-source-'));
  const path = join(folder, 'file');
  const bytes = noise(300_000);
  writeFileSync(path, bytes);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const read = (source: FileSource, position: number, length: number): Buffer => {
    const buffer = Buffer.alloc(length);
    source.read(position, buffer);
    return buffer;
  };

  it('is read anywhere, and fails behind its end', () => {
    using source = new FileSource(path);
    expect(source.size).toBe(300_000);
    expect(read(source, 12_345, 100_000).equals(bytes.subarray(12_345, 112_345))).toBe(true);
    expect(read(source, 299_999, 1)[0]).toBe(bytes[299_999]);
    for (const [position, length] of [
      [300_000, 1],
      [0, 300_001],
      [-1, 1],
    ] as const) {
      expect(() => read(source, position, length)).toThrow(expect.objectContaining({ code: 'SOURCE_UNREADABLE' }));
    }
  });

  it('is read from an offset, and no further than its length', () => {
    using source = new FileSource(path, { offset: 1000, length: 5000 });
    expect(source.size).toBe(5000);
    expect(read(source, 10, 4990).equals(bytes.subarray(1010, 6000))).toBe(true);
    expect(() => read(source, 10, 4991)).toThrow();
    expect(() => new FileSource(path, { offset: -1 })).toThrow(RangeError);
  });

  it('is read in whole blocks only where that must be', () => {
    const asked: [number, number][] = [];
    const aligned = ((fd: number, buffer: Uint8Array, offset: number, length: number, position: number) => {
      asked.push([position, length]);
      return readSync(fd, buffer, offset, length, position);
    }) as typeof readSync;
    using source = new FileSource(path, { alignment: 4096, length: 290_816 }, aligned);
    for (const [position, length] of [
      [0, 4096],
      [1, 1],
      [4095, 2],
      [5000, 200_000],
      [8192, 65_536],
    ] as const) {
      expect(read(source, position, length).equals(bytes.subarray(position, position + length))).toBe(true);
    }
    expect(asked.length).toBeGreaterThan(5);
    for (const [position, length] of asked) expect([position % 4096, length % 4096]).toEqual([0, 0]);
  });

  it('is read on when a call gives less than was asked for, and says so when a device ends early', () => {
    const some = ((fd: number, buffer: Uint8Array, offset: number, length: number, position: number) =>
      readSync(fd, buffer, offset, Math.min(length, 1000), position)) as typeof readSync;
    using source = new FileSource(path, {}, some);
    expect(read(source, 5, 50_000).equals(bytes.subarray(5, 50_005))).toBe(true);
    using short = new FileSource(path, {}, () => 0);
    expect(() => read(short, 0, 1)).toThrow(expect.objectContaining({ code: 'SOURCE_UNREADABLE' }));
  });

  it('says SOURCE_NOT_FOUND when there is none', () => {
    expect(() => new FileSource(join(folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }));
  });
});
