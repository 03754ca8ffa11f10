import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HiveFile } from '../../../src/registry/hive/index.js';
import { BaseBlock } from '../../../src/registry/hive/base-block.layout.js';
import { contentsOf, noSamples, sampleHive, tempFolder } from './support/hives.js';

const BINS_AT = 4096;
const FIRST_BIN_TIMESTAMP = [BINS_AT + 0x14, BINS_AT + 0x1c] as const;

const keysOf = (path: string, logs: 'auto' | 'ignore' = 'auto') => {
  using store = HiveFile.open(path, { logs });
  return { ...contentsOf(store), replayed: store.replayed, notes: store.notes };
};

/** Places in the bins at which two hives differ; what is behind the shorter one must be zero. */
function differences(a: Buffer, b: Buffer): number[] {
  const places: number[] = [];
  for (let at = BINS_AT; at < Math.max(a.length, b.length); at++) if ((a[at] ?? 0) !== (b[at] ?? 0)) places.push(at);
  return places;
}

describe.skipIf(noSamples)(`recovery${noSamples}`, () => {
  it('finishes a write of Windows 10 from two logs, to the byte as Windows does', () => {
    const folder = tempFolder();
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', folder);
    const truth = sampleHive('yarp-NewDirtyHive1/RecoveredHive_Windows10', folder);
    const before = readFileSync(path);
    const { keys, problems, replayed } = keysOf(path);
    expect(replayed).toBe(3);
    expect(problems).toEqual([]);
    expect(keys).toEqual(keysOf(truth).keys);
    expect(readFileSync(path).equals(before)).toBe(true);

    expect(HiveFile.recover(path)).toEqual({ replayed: 3, notes: [] });
    expect(differences(readFileSync(path), readFileSync(truth))).toEqual([]);
    // Windows has written once more since: it loaded the hive.
    const base = (file: string) => ({ ...BaseBlock.decode(readFileSync(file)), primarySequence: 0, secondarySequence: 0, checksum: 0 });
    expect(base(path)).toEqual(base(truth));
    expect(HiveFile.recover(path).replayed).toBe(0);
  });

  it('finishes a write of Windows 7 from the one log, as Windows does', () => {
    const folder = tempFolder();
    const path = sampleHive('yarp-OldDirtyHive/OldDirtyHive', folder);
    const truth = sampleHive('yarp-OldDirtyHive/RecoveredHive_Windows7', folder);
    expect(keysOf(path).keys).toEqual(keysOf(truth).keys);
    expect(HiveFile.recover(path, `${path}.out`).replayed).toBeGreaterThan(0);
    // Windows put the time into the first bin when it loaded the hive, and changed a flag of the root key.
    const places = differences(readFileSync(`${path}.out`), readFileSync(truth));
    const [from, to] = FIRST_BIN_TIMESTAMP;
    expect(places.filter((at) => at < from || at >= to)).toHaveLength(1);
    expect(keysOf(`${path}.out`)).toMatchObject({ replayed: 0, notes: [], problems: [] });
  });

  it('refuses a log that is damaged, and reads the hive as it is', () => {
    const path = sampleHive('yarp-BadLogHive1/BadLogHive', tempFolder());
    const { replayed, notes, keys } = keysOf(path);
    expect(replayed).toBe(0);
    expect(notes.join()).toMatch(/LOG1 was not used: its base block has a wrong checksum.*no log was used/);
    expect(keys).toEqual(keysOf(path, 'ignore').keys);
    const before = readFileSync(path);
    expect(HiveFile.recover(path).replayed).toBe(0);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('finds logs in any case of letters', () => {
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', tempFolder());
    renameSync(`${path}.LOG1`, join(path, '..', 'newdirtyhive.Log1'));
    renameSync(`${path}.LOG2`, `${path}.log2`);
    expect(keysOf(path).replayed).toBe(3);
  });

  it('ignores the logs of a clean hive, and all when told so', () => {
    const folder = tempFolder();
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', folder);
    expect(keysOf(path, 'ignore').replayed).toBe(0);
    const clean = sampleHive('yarp-NewDirtyHive1/RecoveredHive_Windows10', folder);
    copyFileSync(`${path}.LOG2`, `${clean}.LOG2`);
    expect(keysOf(clean)).toMatchObject({ replayed: 0, notes: [] });
  });

  it('applies entries up to the first that is damaged', () => {
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', tempFolder());
    const log = readFileSync(`${path}.LOG2`);
    const starts: number[] = [];
    for (let at = 512; at + 40 <= log.length && log.toString('latin1', at, at + 4) === 'HvLE'; at += log.readUInt32LE(at + 4))
      starts.push(at);
    const replayed = (place: number): number => {
      const bad = Buffer.from(log);
      bad[place]! ^= 1;
      writeFileSync(`${path}.LOG2`, bad);
      return keysOf(path).replayed;
    };
    const entries = keysOf(path).replayed;
    expect(starts.slice(0, entries).map((at) => replayed(at + 100))).toEqual([...Array(entries).keys()]);
    expect(starts.slice(0, entries).map((at) => replayed(at + 0x18))).toEqual([...Array(entries).keys()]);
  });

  it('recovers the base block from a log when that of the hive is damaged', () => {
    const folder = tempFolder();
    for (const name of ['yarp-NewDirtyHive1/NewDirtyHive', 'yarp-OldDirtyHive/OldDirtyHive']) {
      const path = sampleHive(name, folder);
      const good = keysOf(path).keys;
      const bytes = readFileSync(path);
      // What the first bin says counts then; it stands in the log of the old kind only as the base block has it.
      bytes.copy(bytes, FIRST_BIN_TIMESTAMP[0], 0x0c, 0x14);
      bytes.fill(0xaa, 0x24, 0x2c);
      writeFileSync(path, bytes);
      const { keys, notes } = keysOf(path);
      expect(notes).toContain('the base block has a wrong checksum');
      expect(keys).toEqual(good);
    }
  });

  it('never breaks on a log that ends anywhere', () => {
    const path = sampleHive('yarp-NewDirtyHive1/NewDirtyHive', tempFolder());
    const [one, two] = [readFileSync(`${path}.LOG1`), readFileSync(`${path}.LOG2`)];
    const counts = new Set<number>();
    for (let length = 0; length < two.length; length += 97) {
      writeFileSync(`${path}.LOG1`, one.subarray(0, length));
      writeFileSync(`${path}.LOG2`, two.subarray(0, length));
      const { replayed, keys } = keysOf(path);
      expect(keys.size).toBeGreaterThan(0);
      counts.add(replayed);
    }
    expect([...counts].sort()).toEqual([0, 1, 2, 3]);
    rmSync(`${path}.LOG2`);
    expect(keysOf(path).keys.size).toBeGreaterThan(0);
  });

  it('applies what logs of a hive in use still have', () => {
    const path = sampleHive('regipy-UsrClass.dat.xz', tempFolder());
    const { replayed, problems, keys } = keysOf(path);
    expect(replayed).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    expect(keys.size).toBeGreaterThan(keysOf(path, 'ignore').keys.size - 100);
  });
});
