import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TapeStatus } from '../../src/index.js';
import { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import { changeCartridge } from '../../src/mtf/tape/change-cartridge.js';
import { driver, newPath } from '../image/support/images.js';
import {
  addAll,
  catalog,
  clock,
  countingRandom,
  description,
  dir,
  file,
  noise,
  now,
  tempFolder,
  volume,
  type Kept,
} from '../support/target.js';

const named = (variable: string): string | undefined => {
  const path = process.env[variable] ?? '';
  return path !== '' && existsSync(path) ? path : undefined;
};
const STREAM_READER = named('WINBACK_MTF_READER');
const noStreamReader = STREAM_READER ? '' : ' (skipped: WINBACK_MTF_READER does not name an MTF reader such as mtftar)';
const CARTRIDGE_READER = named('WINBACK_MTF_CARTRIDGE_READER');
const noCartridgeReader = CARTRIDGE_READER
  ? ''
  : ' (skipped: WINBACK_MTF_CARTRIDGE_READER does not name a program that reads MTF from .tap images)';
const MTDUMP = process.env['WINBACK_MTDUMP'] ?? 'mtdump';
const noMtdump = spawnSync(MTDUMP).error === undefined ? '' : ' (skipped: mtdump of SIMH is not installed; WINBACK_MTDUMP may name it)';

const BLOCK = 65_536;
const FILES: readonly Kept[] = [
  dir(''),
  file('hello.txt', 'hello'),
  file('empty', ''),
  dir('a'),
  dir('a/b'),
  ...[1, 21, 600, 1000, 1024, 1500, 2048, 300_000, 1_500_000].map((size) => file(`a/b/size ${String(size)}`, noise(size, size))),
  dir('many'),
  ...Array.from({ length: 200 }, (_, i) => file(`many/${String(i)}`, noise(1024 + i * 37, i + 1))),
  dir('ü'),
  file('ü/日本', noise(900_000, 3)),
  file('last', 'the end'),
];
const SECOND: readonly Kept[] = [dir(''), file('second', 'set')];

/** Writes sets to .tap images, each of `capacity` bytes. Answers those that there are. */
function writeCartridges(sets: readonly (readonly Kept[])[], capacity = '', type: 0 | 1 | 2 = 1): readonly string[] {
  const path = newPath('set.tap');
  const address = `${path}${capacity}`;
  const drive = driver.open(address, { mode: 'write', create: true });
  const parts = { clock, random: countingRandom, change: changeCartridge(driver, address), catalog: type };
  const target = new MtfTapeTarget(`tape:${address}`, drive, parts);
  sets.forEach((files, i) => {
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, files);
    now(writer.commit(catalog(`2026-03-0${String(i + 1)}T12:34:56Z`)));
  });
  target.close();
  const further = Array.from({ length: 9 }, (_, i) => path.replace(/\.tap$/, `.${String(i + 2)}.tap`));
  return [path, ...further].filter((one) => existsSync(one));
}

/** The blocks of a cartridge; undefined: a filemark. */
function blocksOf(path: string): (Buffer | undefined)[] {
  using drive = driver.open(path, { mode: 'read' });
  const memory = new Uint8Array(BLOCK);
  const all: (Buffer | undefined)[] = [];
  for (;;) {
    const { bytes, status } = drive.read(memory);
    if (status === TapeStatus.NO_ERROR) all.push(Buffer.from(memory.subarray(0, bytes)));
    else if (status === TapeStatus.ERROR_FILEMARK_DETECTED) all.push(undefined);
    else return all;
  }
}

const contentsIn = (folder: string, files: readonly Kept[]): void => {
  for (const { entry, streams } of files) {
    if (entry.kind !== 'file' || entry.size === 0) continue;
    const path = join(folder, entry.path);
    expect(existsSync(path) && readFileSync(path).equals(streams.at(-1)!.data), entry.path).toBe(true);
  }
};

describe.skipIf(noStreamReader)(`an independent reader of one stream${noStreamReader}`, () => {
  // mtftar loses its way in details of type 1.
  it.each([0, 2] as const)('extracts every file of every set on a cartridge, with a catalog of type %i', (type) => {
    const [path = ''] = writeCartridges([FILES, SECOND], '', type);
    const folder = tempFolder();
    const stream = join(folder, 'stream');
    writeFileSync(stream, Buffer.concat(blocksOf(path).filter((block) => block !== undefined)));
    for (const [set, files] of [
      ['1', FILES],
      ['2', SECOND],
    ] as const) {
      const list = execFileSync(STREAM_READER!, ['-l', '-s', set, '-f', stream], { encoding: 'utf8' }).split('\n');
      for (const { entry } of files)
        if (entry.kind === 'file' && entry.size > 0)
          expect(
            list.some((line) => line.endsWith(entry.path)),
            entry.path,
          ).toBe(true);
      const out = join(folder, set);
      mkdirSync(out);
      spawnSync(STREAM_READER!, ['-s', set, '-f', stream, '-o', `${out}.tar`]);
      execFileSync('tar', ['-x', '--no-same-owner', '-C', out, '-f', `${out}.tar`], { stdio: 'ignore' });
      contentsIn(join(out, 'data'), files);
    }
  });
});

describe.skipIf(noCartridgeReader)(`an independent reader of cartridges${noCartridgeReader}`, () => {
  it.each([
    ['one cartridge', '', 1],
    ['three cartridges', '?capacity=1500KiB&warning-zone=200KiB', 3],
    ['six cartridges', '?capacity=960KiB&warning-zone=200KiB', 6],
  ])('extracts every file of a set on %s', (_, capacity, count) => {
    const cartridges = writeCartridges([FILES], capacity);
    expect(cartridges).toHaveLength(count);
    const folder = tempFolder();
    const { status, stdout, stderr } = spawnSync(CARTRIDGE_READER!, [folder, ...cartridges], { encoding: 'utf8' });
    expect([status, stderr], stdout).toEqual([0, '']);
    contentsIn(join(folder, 'data'), FILES);
  });
});

it.skipIf(noMtdump)(`mtdump of SIMH finds blocks of one size and filemarks on each of three cartridges${noMtdump}`, () => {
  const cartridges = writeCartridges([FILES], '?capacity=1500KiB&warning-zone=200KiB');
  expect(cartridges).toHaveLength(3);
  for (const path of cartridges) {
    const output = execFileSync(MTDUMP, [path], { encoding: 'utf8' });
    const lengths = [...output.matchAll(/length = (\d+)/g)].map(([, length]) => Number(length));
    const blocks = blocksOf(path);
    expect(lengths, output).toEqual(blocks.filter((block) => block !== undefined).map(() => BLOCK));
    expect([...output.matchAll(/end of tape file/gi)].length, output).toBe(blocks.filter((block) => block === undefined).length);
  }
});
