import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemPlatform, type OpenSetOptions, type VolumeIdentity } from '@winback/core';
import { EndOfSetBlock } from '../../src/mtf/layout/index.js';
import type { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import { kindOf, layout, libraryOf, writeTo, type Library } from '../support/library.js';
import {
  description,
  dir,
  expected,
  file,
  found,
  link,
  noise,
  now,
  readAll,
  tempFolder,
  volume,
  addAll,
  type Kept,
} from '../support/target.js';

const posix = systemPlatform().os !== 'win32';

const TREE: readonly Kept[] = [
  dir(''),
  file('big', noise(300_000)),
  link('again', 'big'),
  dir('many'),
  ...Array.from({ length: 60 }, (_, i) => file(`many/${String(i)}`, noise((i * 613) % 9000, i + 1), { shortName: `M~${String(i)}` })),
  dir('deep'),
  file('deep/' + 'long'.repeat(150), 'a name that stands in a stream'),
  dir('deep/er'),
  file('deep/er/middle', noise(200_000, 7)),
  file('last', 'end'), // in a folder that was left
];
const paths = TREE.map(({ entry }) => entry.path);

const below =
  (item: string) =>
  (_: VolumeIdentity, path: string): boolean =>
    path === item || path.startsWith(`${item}/`);
const manyOf = (tree: readonly Kept[]): readonly Kept[] => tree.filter(({ entry }) => below('many')(volume, entry.path));
const chosen = (target: MtfTapeTarget, options: OpenSetOptions, id = 'latest') => {
  const reader = target.openSet(id, options);
  const given = readAll(reader);
  // Without a catalog that helps, a target gives the others too.
  const files = given.filter(({ volume: of, entry }) => entry.implied !== true && (options.wants?.(of, entry.path) ?? true));
  return { files, given: given.length, damage: reader.damage };
};
/** What a walk gives of an item. */
const walked = (target: MtfTapeTarget, item: string, id = 'latest') =>
  readAll(target.openSet(id)).filter(({ entry, volume: of }) => below(item)(of, entry.path));

let folder: string;
beforeEach(() => {
  folder = tempFolder();
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  expect(readdirSync(folder)).toEqual([]); // nothing is left of temporary files
});

const setEnds: Record<1 | 2, RegExp> = { 1: /^T\|S[^|]*\|ETTE\|$/, 2: /^T\|S[^|]*\|E\|$/ };

describe.each([
  [1, 0],
  [2, 0],
  [1, 3],
  [2, 1],
] as const)('a catalog of type %i, through a buffer of %i blocks', (type, depth) => {
  const library = (options: Parameters<typeof libraryOf>[0] = {}): Library => libraryOf({ catalog: type, depth, ...options });

  it('stands at the end of the set', () => {
    const { cartridges, target } = library();
    writeTo(target, TREE);
    expect(layout(cartridges[0]!)).toMatch(setEnds[type]);
  });

  it.each(['big', 'again', 'many', 'many/7', 'deep', 'deep/er/middle', 'last', paths.find((path) => path.includes('long'))!])(
    'leads to %s, which is what a walk finds',
    (item) => {
      const { target } = library();
      writeTo(target, TREE);
      const { files, damage } = chosen(target, { wants: below(item) });
      expect(damage).toEqual([]);
      expect(files.map(found)).toEqual(TREE.filter(({ entry }) => below(item)(volume, entry.path)).map(expected));
      const whole = walked(target, item);
      expect(files.map(({ entry, volume: of }) => ({ entry, of }))).toEqual(whole.map(({ entry, volume: of }) => ({ entry, of })));
    },
  );

  it('lists all that a walk would', () => {
    const { target } = library();
    writeTo(target, TREE);
    const reader = target.openSet('latest', { listing: true });
    const files = readAll(reader);
    expect(reader.damage).toEqual([]);
    const bare = ({ shortName: _, ...entry }: Kept['entry']): object => entry;
    expect(files.map(({ entry }) => bare(entry))).toEqual(readAll(target.openSet('latest')).map(({ entry }) => bare(entry)));
  });

  it('lists the sets of the family without going to each of them', () => {
    const counts = [type, 0 as const].map((catalog) => {
      const { drive, target } = libraryOf({ catalog });
      for (let i = 1; i <= 20; i++) writeTo(target, TREE.slice(0, 3), `2026-03-${String(i).padStart(2, '0')}T00:00:00Z`);
      drive.reads = drive.moves = 0;
      const versions = target.versions();
      return { versions, calls: drive.reads + drive.moves };
    });
    expect(counts[0]!.versions).toEqual(counts[1]!.versions);
    expect(counts[0]!.versions).toHaveLength(20);
    // Without a catalog: each set's beginning and end. Type 2 looks for the filemarks too, for its ESET is not the last block.
    expect(counts[0]!.calls).toBeLessThan(counts[1]!.calls / (type === 1 ? 10 : 2));
    if (type === 1) expect(counts[0]!.calls).toBeLessThan(12);
  });

  it('finds one file of 2000 by less than 1 % of the blocks', () => {
    const { cartridges, drive, target } = library();
    const files = [dir('')];
    for (let d = 0; d < 20; d++) {
      files.push(dir(`d${String(d)}`));
      for (let i = 0; i < 100; i++) files.push(file(`d${String(d)}/f${String(i)}`, noise(65_000, d * 100 + i + 1)));
    }
    writeTo(target, files);
    drive.reads = 0;
    const { files: one, damage } = chosen(target, { wants: below('d13/f77') });
    expect(one.map(found)).toEqual([expected(files.find(({ entry }) => entry.path === 'd13/f77')!)]);
    expect(damage).toEqual([]);
    const blocks = cartridges[0]!.items.length;
    expect(blocks).toBeGreaterThan(2000);
    expect(drive.reads).toBeLessThan(blocks / 100);
  });

  it('is the same wherever cartridges end', () => {
    const whole = library();
    writeTo(whole.target, TREE);
    const blocks = whole.cartridges[0]!.items.length;
    let led = 0;
    for (let room = 3; room < blocks - 4; room++) {
      const { cartridges, drive, target } = library({ room });
      writeTo(target, TREE);
      const [version] = target.versions();
      expect(version).toMatchObject({ number: 1, catalog: { format: 1 } });
      for (const item of ['big', 'many', 'many/31', 'deep/er', 'last']) {
        drive.load(cartridges.at(-1)!);
        const { files, given, damage } = chosen(target, { wants: below(item) });
        expect(damage, `${item} with room for ${String(room)}`).toEqual([]);
        if (given === files.length) led++;
        expect(files.map(found)).toEqual(TREE.filter(({ entry }) => below(item)(volume, entry.path)).map(expected));
      }
      drive.load(cartridges.at(-1)!);
      expect(chosen(target, { listing: true }).files.map(({ entry }) => entry.path)).toEqual(paths);
    }
    expect(led).toBeGreaterThan(blocks); // where the warning came before the set's end there is no detail
  });

  it('tells of sets on earlier cartridges, which are asked for', () => {
    const { cartridges, drive, requests, target } = library({ room: 14 });
    writeTo(target, TREE.slice(0, 3), '2026-03-01T00:00:00Z');
    writeTo(target, TREE, '2026-03-02T00:00:00Z');
    writeTo(target, TREE.slice(0, 2), '2026-03-03T00:00:00Z');
    expect(cartridges.length).toBeGreaterThan(1);
    drive.load(cartridges.at(-1)!);
    expect(target.versions().map(({ id, number }) => [id, number])).toEqual([
      ['03/01/2026-00:00', 1],
      ['03/02/2026-00:00', 2],
      ['03/03/2026-00:00', 3],
    ]);
    requests.length = 0;
    const { files, damage } = chosen(target, {}, '03/01/2026-00:00');
    expect([files.map(found), damage]).toEqual([TREE.slice(0, 3).map(expected), []]);
    expect(requests).toEqual(['read 1']);
    drive.load(cartridges.at(-1)!);
    expect(chosen(target, { wants: below('many/5') }, '2').files.map(({ entry }) => entry.path)).toEqual(['many/5']);
    drive.load(cartridges.at(-1)!);
    expect(chosen(target, { wants: below('big') }, '1').files.map(({ entry }) => entry.path)).toEqual(['big']);
  });

  it('goes on from a set whose own cannot be read', () => {
    const { cartridges, target } = library();
    for (const day of ['01', '02', '03']) writeTo(target, TREE.slice(0, 3), `2026-03-${day}T00:00:00Z`);
    const { items } = cartridges[0]!;
    // The end of the third set stands behind the last filemark but one.
    const end = items.lastIndexOf('filemark', items.length - 2) + 1;
    const block = Buffer.from(items[end + (type === 1 ? 2 : 0)] as Uint8Array);
    block[type === 1 ? 40 : 140]! ^= 0xff;
    items[end + (type === 1 ? 2 : 0)] = block;
    expect(target.versions().map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(target.damage).toHaveLength(1);
    writeTo(target, TREE.slice(0, 3), '2026-03-04T00:00:00Z');
    expect(target.versions().map(({ number, volumes }) => [number, volumes.length])).toEqual([1, 2, 3, 4].map((n) => [n, 1]));
    expect(target.damage).toEqual([]);
    expect(chosen(target, { wants: below('big') }, '3').files.map(found)).toEqual([expected(TREE[1]!)]);
  });

  it('has no long lists of problems in the map, and their number', () => {
    const { target } = library();
    const problems = Array.from({ length: 500 }, (_, i) => `file ${String(i)}`);
    writeTo(target, TREE.slice(0, 3), '2026-03-01T00:00:00Z', problems);
    expect(target.versions()[0]?.catalog).toMatchObject({ problemCount: 500, problems: [] });
    expect(chosen(target, { wants: below('big') }).damage).toEqual([]);
  });

  it.each([64, 12])('is left out where the cartridge ends in it, and the set is whole: %i blocks behind the warning', (zone) => {
    const files = [dir(''), ...Array.from({ length: 9000 }, (_, i) => file(`file ${String(i)}`, ''))];
    const all = library();
    writeTo(all.target, files);
    const { items } = all.cartridges[0]!;
    const end = items.indexOf('filemark', 3) + 1;
    expect(items.length - end).toBeGreaterThan(20);
    const seen = new Set<string>();
    for (let room = end - 3; room < items.length + 2; room += 4) {
      const { cartridges, target } = library({ room, zone });
      writeTo(target, files);
      const last = cartridges.at(-1)!;
      const section = last.items.lastIndexOf('filemark', last.items.length - 2) + 1;
      const eset = EndOfSetBlock.decode(last.items[type === 1 ? last.items.length - 2 : section] as Uint8Array);
      const aborted = (eset.header.attributes & 0x1_0000) !== 0;
      const size = last.items.length - section;
      seen.add(`${String(cartridges.length)} ${String(aborted)}`);
      if (aborted) expect(size).toBeLessThan(10);
      expect(target.versions()).toHaveLength(1);
      const { files: one, given, damage } = chosen(target, { wants: below('file 8999') });
      expect(damage).toEqual([]);
      // Without detail the set is read from its beginning.
      expect(one.map(({ entry }) => entry.path)).toEqual(['file 8999']);
      expect(given).toBe(aborted ? files.length : 1);
    }
    expect(seen).toContain('1 true');
    expect(seen).toContain('1 false');
  });

  it('that is interrupted leaves no temporary file', () => {
    const { cartridges, target } = library();
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, TREE);
    now(writer.abort());
    expect(layout(cartridges[0]!)).toBe('T|');
    const abandoned = target.createSet(description);
    abandoned.beginVolume(volume);
    addAll(abandoned, TREE.slice(0, 2));
    expect(readdirSync(folder)).toEqual([]); // it has no name even while it is there
    now(abandoned.abort());
  });
});

describe('a tape without a catalog', () => {
  it('keeps being one', () => {
    const { cartridges, drive, target } = libraryOf({ catalog: 0 });
    writeTo(target, TREE, '2026-03-01T00:00:00Z');
    const again = libraryOf({ catalog: 1 });
    again.drive.load(cartridges[0]!);
    writeTo(again.target, TREE.slice(0, 3), '2026-03-02T00:00:00Z');
    expect(layout(cartridges[0]!)).toMatch(/^T\|S[^|]*\|E\|S[^|]*\|E\|$/);
    drive.load(cartridges[0]!);
    expect(target.versions()).toHaveLength(2);
    expect(chosen(target, { wants: below('many') }, '1').files.map(found)).toEqual(manyOf(TREE).map(expected));
  });

  it('keeps that of its own type too', () => {
    const two = libraryOf({ catalog: 2 });
    writeTo(two.target, TREE, '2026-03-01T00:00:00Z');
    const one = libraryOf({ catalog: 1 });
    one.drive.load(two.cartridges[0]!);
    writeTo(one.target, TREE.slice(0, 3), '2026-03-02T00:00:00Z');
    expect(layout(two.cartridges[0]!)).toMatch(/^T\|S[^|]*\|E\|S[^|]*\|E\|$/);
    expect(one.target.versions()).toHaveLength(2);
  });

  it('is one that tells no positions: of its catalog the map alone is written', () => {
    const { cartridges, target } = libraryOf({ positions: false });
    writeTo(target, TREE);
    expect(layout(cartridges[0]!)).toMatch(/\|ETE\|$/);
    expect(kindOf(cartridges[0]!, cartridges[0]!.items.length - 2)).toBe('ESET');
    expect(chosen(target, { wants: below('many') }).files.map(found)).toEqual(manyOf(TREE).map(expected));
  });
});

it(`a process that is killed while it writes leaves no temporary file${posix ? '' : ' (skipped: here open files keep their names)'}`, async (context) => {
  if (!posix) context.skip();
  const support = join(import.meta.dirname, '../support');
  const args = [
    '--import',
    join(support, 'ts-loader.mjs'),
    '--conditions',
    '@winback/source',
    '--no-warnings',
    join(support, 'spool-for-ever.ts'),
  ];
  const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'inherit'] });
  const written = await new Promise<string>((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
  expect(Number(written)).toBeGreaterThan(1000);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(readdirSync(folder)).toEqual([]);
});
