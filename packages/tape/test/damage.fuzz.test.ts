import { isWinbackError } from '@winback/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { inspectMtf } from '../src/index.js';
import { dir, file, found, link, noise, openTarget, readSet, tempFolder, writeSet, type Kept, type ReadFile } from './support/target.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500);

const SETS: readonly (readonly Kept[])[] = [
  [dir(''), file('one', 'first'), dir('a'), file('a/two', noise(3000)), file('a/empty', ''), file('a/' + 'n'.repeat(600), noise(100, 3))],
  [dir(''), file('three', noise(700, 5)), link('four', 'three'), dir('b'), file('b/five', noise(2100, 7))],
];

let folder: string;
let whole: Buffer;
/** What an undamaged file reads as, by set and path. */
const truth: Map<string, string>[] = [];
const text = (f: ReadFile): string => JSON.stringify(found(f));

beforeAll(() => {
  folder = tempFolder();
  const path = join(folder, 'whole.bkf');
  for (const files of SETS) writeSet(path, files);
  whole = readFileSync(path);
  for (let i = 1; i <= SETS.length; i++) truth.push(new Map(readSet(path, String(i)).files.map((f) => [f.entry.path, text(f)])));
});

/** Reads everything that can be read. Answers how many files came out right; wrong ones must have said so. */
function readDamaged(bytes: Uint8Array, stale = false): { right: number; noticed: boolean } {
  const path = join(folder, 'damaged.bkf');
  writeFileSync(path, bytes);
  let right = 0;
  let noticed: boolean;
  try {
    noticed = [...inspectMtf(path)].some((item) => item.kind === 'damage');
    const target = openTarget(path);
    const versions = target.versions();
    noticed ||= target.damage.length > 0 || versions.length < SETS.length;
    for (const { number } of versions) {
      const { files, reader } = readSet(path, String(number));
      noticed ||= reader.damage.length > 0;
      // Whole blocks that were copied elsewhere can be as good as any, and make up sets of their own.
      const known = truth[number - 1] ?? new Map<string, string>();
      for (const f of files) {
        if (f.error !== undefined) {
          expect(isWinbackError(f.error)).toBe(true);
          expect(reader.damage.map((d) => d.error)).toContain(f.error);
        } else if (known.get(f.entry.path) === text(f)) right++;
        else if (!stale) expect(reader.damage, `${f.entry.path} differs and nothing was said`).not.toEqual([]);
      }
    }
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    noticed = true;
  }
  return { right, noticed };
}

const ALL = SETS.flat().length;

describe('damage', () => {
  it('an undamaged file is read without a remark', () => {
    expect(readDamaged(whole)).toEqual({ right: ALL, noticed: false });
  });

  it('one wrong bit costs at most what it stands in, and never goes unnoticed where it matters', () => {
    let state = 12_345;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 0x1_0000_0000) * below);
    };
    for (let run = 0; run < RUNS; run++) {
      const at = random(whole.length);
      const bytes = Buffer.from(whole);
      bytes[at] = bytes[at]! ^ (1 << random(8));
      const { right, noticed } = readDamaged(bytes);
      // A folder's block takes the place of up to three files with it; anything else costs one.
      expect(right, `bit at byte ${String(at)}`).toBeGreaterThanOrEqual(ALL - 4);
      if (right < ALL) expect(noticed, `bit at byte ${String(at)}`).toBe(true);
    }
  }, 120_000);

  it('several wrong bits, zeroed and overwritten blocks never hang it or make it fail in another way', () => {
    for (let run = 0; run < RUNS / 3; run++) {
      const bytes = Buffer.from(whole);
      for (let i = 0; i <= run % 7; i++) {
        const at = (run * 7919 + i * 104_729) % bytes.length;
        if (run % 3 === 0) bytes.fill(0, at, Math.min(at + 1500, bytes.length));
        else if (run % 3 === 1) bytes.set(noise(64, run + i).subarray(0, Math.min(64, bytes.length - at)), at);
        else bytes.copyWithin(((at * 31) % bytes.length) & ~1023, at & ~1023, (at & ~1023) + 2048);
      }
      readDamaged(bytes, run % 3 === 2);
    }
  }, 120_000);

  it('truncated at any logical block it gives the files before', () => {
    let last = -1;
    for (let size = 0; size <= whole.length; size += 256) {
      const { right } = readDamaged(whole.subarray(0, size));
      expect(right).toBeGreaterThanOrEqual(0);
      if (size === whole.length) expect(right).toBe(ALL);
      if (right > last) last = right;
    }
    expect(last).toBe(ALL);
  });

  it('a set that was cut off can be read by its number, and its file that was cut says so', () => {
    const path = join(folder, 'cut.bkf');
    const at = whole.indexOf(Buffer.from('five', 'utf16le'));
    writeFileSync(path, whole.subarray(0, at + 1500));
    const target = openTarget(path);
    expect(target.versions()).toHaveLength(1);
    expect(target.damage[0]!.error).toMatchObject({ code: 'TARGET_DAMAGED' });
    const { files, reader } = readSet(path, '2');
    expect(files.map((f) => f.entry.path)).toEqual(['', 'three', 'four', 'b', 'b/five']);
    expect(files.filter((f) => f.error === undefined).map(text)).toEqual([...truth[1]!.values()].slice(0, 4));
    expect(files.at(-1)!.error).toMatchObject({ code: 'FORMAT_SHORT' });
    expect(reader.damage[0]!.path).toBe('b/five');
  });

  it('wrong content is FORMAT_CHECKSUM, with the path and the byte', () => {
    const path = join(folder, 'content.bkf');
    const bytes = Buffer.from(whole);
    const at = bytes.indexOf('first', 0, 'latin1');
    bytes[at + 2] = 0x21;
    writeFileSync(path, bytes);
    const { files, reader } = readSet(path, '1');
    expect(files.find((f) => f.entry.path === 'one')!.error).toMatchObject({ code: 'FORMAT_CHECKSUM', details: { offset: at } });
    expect(reader.damage).toHaveLength(1);
    expect(reader.damage[0]).toMatchObject({ path: 'one', error: { code: 'FORMAT_CHECKSUM' } });
    expect(files.filter((f) => f.error === undefined)).toHaveLength(SETS[0]!.length - 1);
    expect([...inspectMtf(path)].filter((i) => i.kind === 'stream' && i.checksum === 'wrong')).toHaveLength(1);
  });

  it('files of a folder whose block is damaged come out under a name that says so', () => {
    const path = join(folder, 'folder.bkf');
    const bytes = Buffer.from(whole);
    let at = 0;
    for (let i = 0; i < 2; i++) at = bytes.indexOf('DIRB', at + 1, 'latin1');
    bytes.fill(0, at, at + 1024);
    writeFileSync(path, bytes);
    const { files, reader } = readSet(path, '1');
    expect(files.map((f) => f.entry.path)).toEqual([
      '',
      'one',
      'lost folder 2/two',
      'lost folder 2/empty',
      `lost folder 2/${'n'.repeat(600)}`,
    ]);
    expect(reader.damage).toHaveLength(1);
  });
});
