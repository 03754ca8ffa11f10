import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError } from '../../../src/errors/index.js';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { contentsOf, runsOf, tempFolder, type Contents } from './support/hives.js';

const SEGMENT = 16_344;
const CELLS = 4096;

/** A hive with something of everything; small, so that random damage hits. */
function madeHive(path: string): Buffer {
  using store = HiveFile.create(path);
  for (let i = 0; i < 12; i++) {
    store.createKey(`Software\\Key ${String(i)}\\日本 ${String(i)}`, { className: `class ${String(i)}` });
    store.setValue(`Software\\Key ${String(i)}`, { name: `value ${String(i)}`, type: i, data: new Uint8Array(i * 3).fill(i) });
  }
  for (let i = 0; i < 520; i++) store.createKey(`Many\\${String(i)}`);
  store.setValue('Big', { name: 'data', type: 3, data: new Uint8Array(SEGMENT + 100).fill(7) });
  store.setValue('Big', { name: 'ünï ☃', type: 1, data: new Uint8Array(100) });
  store.flush();
  return readFileSync(path);
}

/** Any answer but a value or a WinbackError is a mistake; so is one that takes long. */
function read(path: string): Contents | undefined {
  try {
    using store = HiveFile.open(path);
    return contentsOf(store);
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    return undefined;
  }
}

/** Places of the structures of one kind in a hive. */
function placesOf(file: Buffer, signature: string): number[] {
  const found: number[] = [];
  for (let at = CELLS + 36; at < file.length; at += 8) if (file.toString('latin1', at, at + 2) === signature) found.push(at);
  return found;
}

describe('a hive that is damaged', () => {
  it(
    `never breaks the reader: random bytes in random places (${String(runsOf(400))} runs)`,
    () => {
      const path = join(tempFolder(), 'hive');
      const whole = madeHive(path);
      const place = fc.integer({ min: 0, max: whole.length - 4 });
      const word = fc.oneof(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff8, 0x20),
        fc.integer({ min: 4, max: whole.length / 8 }).map((n) => n * 8),
      );
      const damages = fc.array(fc.tuple(place, word), { minLength: 1, maxLength: 40 });
      let healthy = 0;
      fc.assert(
        fc.property(damages, (list) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of list) bytes.writeUInt32LE(value, at >= 512 ? at - (at % 4) : at);
          writeFileSync(path, bytes);
          const found = read(path);
          if (found && found.keys.size > 500) healthy++;
          // No damage makes keys out of nothing.
          return (found?.keys.size ?? 0) <= 560;
        }),
        { numRuns: runsOf(400) },
      );
      expect(healthy).toBeGreaterThan(0);
    },
    60_000 + runsOf(400) * 60,
  );

  it('never breaks the reader: every field of every kind of structure', () => {
    const path = join(tempFolder(), 'hive');
    const whole = madeHive(path);
    const words = [0, 0x10, 0x20, 0xffff_ffff, 0x7fff_fff8, 0x8000_0004, 0x0001_ffff, 0xfff0];
    for (const [signature, size] of [
      ['nk', 0x4c],
      ['vk', 0x14],
      ['sk', 0x14],
      ['lh', 20],
      ['ri', 12],
      ['db', 8],
    ] as const) {
      for (const start of placesOf(whole, signature).slice(0, 2)) {
        for (let field = -4; field < size; field += 2) {
          for (const word of words) {
            const bytes = Buffer.from(whole);
            bytes.writeUInt32LE(word, start + field);
            writeFileSync(path, bytes);
            expect(read(path)?.keys.size ?? 0).toBeLessThan(561);
          }
        }
      }
    }
  }, 120_000);

  it('is read as far as it goes when it ends too early', () => {
    const path = join(tempFolder(), 'hive');
    const whole = madeHive(path);
    const sizes: number[] = [];
    for (let length = whole.length; length >= 0; length -= length < 8192 ? 61 : 1021) {
      writeFileSync(path, whole.subarray(0, length));
      sizes.push(read(path)?.keys.size ?? 0);
    }
    expect(Math.max(...sizes)).toBe(548);
    expect(new Set(sizes).size).toBeGreaterThan(2);
  });

  it('gives all that is beside the damage, and then says what is wrong', () => {
    const path = join(tempFolder(), 'hive');
    const bytes = madeHive(path);
    const at = bytes.indexOf('Key 3') - 0x4c;
    bytes.write('xx', at, 'latin1');
    writeFileSync(path, bytes);
    using store = HiveFile.open(path);
    const seen: string[] = [];
    const subkeys = store.key('Software')!.subkeys();
    expect(() => {
      for (const name of subkeys) seen.push(name);
    }).toThrow(
      expect.objectContaining({ code: 'REGISTRY_DAMAGED', details: expect.objectContaining({ path: 'Software', count: 1 }) as unknown }),
    );
    expect(seen).toHaveLength(11);
    expect(seen).not.toContain('Key 3');
    // It may be there; who restores keys must not take it for gone.
    for (const missing of ['Software\\Key 3', 'Software\\Key 3\\below', 'Software\\never'])
      expect(() => store.key(missing)).toThrow(expect.objectContaining({ code: 'REGISTRY_DAMAGED' }));
    expect(store.key('Many\\never')).toBeUndefined();
    expect(store.key('Software\\Key 4')?.value('value 4')?.data).toHaveLength(12);
    expect(store.key('Many\\519')).toBeDefined();
  });

  it('ends where keys are their own parents', () => {
    const path = join(tempFolder(), 'hive');
    const whole = madeHive(path);
    const nodes = placesOf(whole, 'nk');
    const offsetOf = (place: number): number => place - 4 - CELLS;
    const software = whole.indexOf('Software') - 0x4c;
    for (const target of [nodes[0]!, software, whole.indexOf('Key 5') - 0x4c]) {
      const bytes = Buffer.from(whole);
      // Each list's first key is now the same one.
      for (const list of placesOf(whole, 'lh')) bytes.writeUInt32LE(offsetOf(target), list + 4);
      writeFileSync(path, bytes);
      const { keys, problems } = read(path)!;
      expect(keys.size).toBeLessThan(549);
      expect(problems.join('\n')).toMatch(/belongs to another key|the root key stands among the subkeys/);
      // Even if every key says that it is the child of the one above it.
      for (const node of nodes) bytes.writeUInt32LE(0xffff_ffff, node + 0x10);
      writeFileSync(path, bytes);
      expect(read(path)!.keys.size).toBeLessThan(549);
    }
  });

  it('takes no memory for what a cell only claims', () => {
    const path = join(tempFolder(), 'hive');
    const bytes = madeHive(path);
    const claimed = 0x7fff_0000;
    bytes.writeUInt32LE(claimed, 0x28);
    const value = bytes.indexOf('data') - 0x14;
    bytes.writeUInt32LE(claimed - 8192, value + 4);
    writeFileSync(path, bytes);
    const before = process.memoryUsage().rss;
    const { problems } = read(path)!;
    expect(problems.join()).toMatch(/Big is damaged|Big in .* is damaged/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    // Nor when the file is as large, and has nothing in it.
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 0x7fff_f000);
    closeSync(fd);
    expect(read(path)!.keys.size).toBe(548);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it('is told from one that is merely marked', () => {
    const path = join(tempFolder(), 'hive');
    const whole = madeHive(path);
    const notes = (change: (bytes: Buffer) => void): readonly string[] => {
      const bytes = Buffer.from(whole);
      change(bytes);
      writeFileSync(path, bytes);
      using store = HiveFile.open(path);
      expect(contentsOf(store).keys.size).toBe(548);
      return store.notes;
    };
    expect(notes(() => undefined)).toEqual([]);
    expect(notes((bytes) => void bytes.writeUInt8(bytes[0x1fc]! ^ 1, 0x1fc)).join()).toMatch(/wrong checksum.*no log was used/);
    expect(notes((bytes) => void bytes.writeUInt32LE(99, 4)).join()).toMatch(/wrong checksum/);
  });
});
