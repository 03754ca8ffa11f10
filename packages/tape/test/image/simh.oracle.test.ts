import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TapeStatus } from '../../src/index.js';
import { contents, driver, newPath, open } from './support/images.js';

/** Debian's package simh has one. */
const MTDUMP = process.env['WINBACK_MTDUMP'] ?? 'mtdump';
const noMtdump = spawnSync(MTDUMP).error === undefined ? '' : ' (skipped: mtdump of SIMH is not installed; WINBACK_MTDUMP may name it)';

/** The standard format, byte by byte: an odd block with its padding, an even one, filemarks. */
it('writes blocks and filemarks as the format has them', () => {
  const path = newPath('bytes.tap');
  {
    using drive = open(path);
    drive.write(Uint8Array.of(1, 2, 3));
    drive.writeTapemark(1, 2);
    drive.write(Uint8Array.of(4, 5));
  }
  expect(readFileSync(path).toString('hex')).toBe(
    '03000000' + '01020300' + '03000000' + '0000000000000000' + '02000000' + '0405' + '02000000',
  );
});

it('reads gaps, errors, records of other programs and the end of the medium', () => {
  const path = newPath('foreign.tap');
  const word = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
  const parts = [
    word(0xffff_fffe),
    word(2) + '0102' + word(2),
    word(0xe000_0004) + '61626364' + word(0xe000_0004),
    word(0x7000_0001),
    word(0x8000_0002) + '0304' + word(0x8000_0002),
    word(0),
    word(0xffff_fffe),
    word(1) + '0500' + word(1),
    word(0xffff_ffff),
    word(2) + '0909' + word(2),
  ];
  writeFileSync(path, Buffer.from(parts.join(''), 'hex'));
  using drive = driver.open(path, { mode: 'read' });
  const memory = new Uint8Array(100);
  expect({ ...drive.read(memory) }).toEqual({ bytes: 2, status: TapeStatus.NO_ERROR });
  expect(() => drive.read(memory)).toThrow(expect.objectContaining({ code: 'TAPE_IO' }) as Error);
  expect({ ...drive.read(memory) }).toEqual({ bytes: 0, status: TapeStatus.ERROR_FILEMARK_DETECTED });
  expect({ ...drive.read(memory) }).toEqual({ bytes: 1, status: TapeStatus.NO_ERROR });
  expect({ ...drive.read(memory) }).toEqual({ bytes: 0, status: TapeStatus.ERROR_NO_DATA_DETECTED });
  expect(() => drive.write(memory)).toThrow(expect.objectContaining({ code: 'TAPE_WRITE_PROTECT' }) as Error);
});

it('says that an image is damaged where its lengths contradict one another', () => {
  const path = newPath('damaged.tap');
  writeFileSync(path, Buffer.from('020000000102020000000200000001020300000000000000', 'hex'));
  using drive = driver.open(path, { mode: 'write' });
  expect(drive.read(new Uint8Array(10)).bytes).toBe(2);
  expect(() => drive.read(new Uint8Array(10))).toThrow(expect.objectContaining({ code: 'TAPE_IO' }) as Error);
  drive.write(Uint8Array.of(7));
  expect(contents(drive)).toEqual(['0102', '07']);
});

it.skipIf(noMtdump)(`mtdump of SIMH reads what was written${noMtdump}`, () => {
  const path = newPath('judged.tap');
  const sizes = [1, 2, 80, 511, 512, 513, 10_240, 32_767];
  {
    using drive = open(path);
    for (const size of sizes) drive.write(new Uint8Array(size).fill(size));
    drive.writeTapemark(1, 1);
    for (const size of sizes.slice(0, 3)) drive.write(new Uint8Array(size));
    drive.writeTapemark(1, 2);
  }
  const output = execFileSync(MTDUMP, [path], { encoding: 'utf8' });
  const lengths = [...output.matchAll(/length = (\d+)/g)].map(([, length]) => Number(length));
  expect(lengths, output).toEqual([...sizes, ...sizes.slice(0, 3)]);
  expect([...output.matchAll(/end of (tape file|logical tape)/gi)].length, output).toBe(3);
});
