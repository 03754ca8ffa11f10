import { CancellationSwitch } from '@winback/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { TapePrepare } from '../../src/index.js';
import { parseChangerAddress } from '../../src/mtf/tape/changer-address.js';
import { ChangerWithDrive, DRIVE, SLOT, writeSetTo } from '../support/changer.js';
import { expected, dir, file, found, noise, readAll, type Kept } from '../support/target.js';

/** More than one cartridge holds, and less than two. */
const LARGE: readonly Kept[] = [dir(''), ...Array.from({ length: 6 }, (_, i) => file(String(i), noise(480_000 + i * 1013, i + 1)))];
const SMALL: readonly Kept[] = [dir(''), file('a', 'one')];
const OTHER: readonly Kept[] = [dir(''), file('b', 'two')];

const id = (day: number): string => `03/0${String(day)}/2026-00:00`;
const started = (day: number): string => `2026-03-0${String(day)}T00:00:00Z`;

/** Writes a set to the cartridge of a slot, which goes back there. */
function written(library: ChangerWithDrive, slot: number, files: readonly Kept[], day: number, catalog?: 0 | 1): void {
  library.changer.move(SLOT + slot - 1, DRIVE);
  const target = library.target('write', library.loader(), { catalog });
  writeSetTo(target, files, started(day));
  target.close();
  putBack(library);
}

/** Empties the drive. */
function putBack(library: ChangerWithDrive): void {
  const { source } = library.changer.elements().find(({ address }) => address === DRIVE)!;
  library.changer.move(DRIVE, source!);
  library.moves.length = 0;
}

function read(library: ChangerWithDrive, version: string, parts: { named?: object; target?: object } = {}): unknown {
  const target = library.target('read', library.loader(0, undefined, parts.named), parts.target);
  try {
    return readAll(target.openSet(version), 1 << 20).map(found);
  } finally {
    target.close();
  }
}

function backup(library: ChangerWithDrive, files: readonly Kept[], day: number, named: object = {}): void {
  const target = library.target('write', library.loader(0, undefined, named));
  try {
    writeSetTo(target, files, started(day));
  } finally {
    target.close();
  }
}

const ambiguous = (...words: string[]) =>
  expect.objectContaining({
    code: 'TARGET_AMBIGUOUS',
    message: expect.stringMatching(new RegExp(words.join('.*'), 's')) as string,
    hint: expect.stringContaining('?slot=3') as string,
  }) as Error;

it('an empty drive gets the newest cartridge of the only family, for lists and for recoveries', () => {
  const library = new ChangerWithDrive(6, 6);
  library.spoil(1);
  written(library, 3, SMALL, 1);
  library.changer.move(SLOT + 2, DRIVE);
  backup(library, LARGE, 2);
  putBack(library);
  // 3 is the first cartridge, 2 was blank and is the second.
  const target = library.target('read');
  expect(target.versions().map((version) => version.id)).toEqual([id(1), id(2)]);
  expect(library.places()).toEqual({ drive: '2', slots: '1-3456' });
  expect(library.moves.slice(-2)).toEqual(['drive 6', '2 drive']);
  library.moves.length = 0;
  // What was found on the way is remembered.
  expect(readAll(target.openSet('latest'), 1 << 20).map(found)).toEqual(LARGE.map(expected));
  expect(library.moves).toEqual(['drive 2', '3 drive', 'drive 3', '2 drive']);
  target.close();
  putBack(library);
  expect(read(library, id(1))).toEqual(SMALL.map(expected));
});

it('a cartridge in the drive is used as it is, whatever is in the slots', () => {
  const library = new ChangerWithDrive(3, 3);
  written(library, 1, SMALL, 1);
  written(library, 2, OTHER, 2);
  library.changer.move(SLOT, DRIVE);
  library.moves.length = 0;
  expect(read(library, 'latest')).toEqual(SMALL.map(expected));
  backup(library, OTHER, 3);
  expect(library.moves).toEqual([]);
  // Unloaded, and not taken out.
  {
    using drive = library.drive();
    drive.prepareTape(TapePrepare.UNLOAD);
    library.loader().begin(drive, { purpose: 'read', refuse: () => undefined });
    expect(drive.getTapeStatus()).toBe(0);
  }
  expect(library.moves).toEqual([]);
});

it('of several families none is guessed: they are listed, and nothing stays in the drive', () => {
  const library = new ChangerWithDrive(4, 4);
  written(library, 2, SMALL, 1);
  written(library, 4, OTHER, 2);
  const seen = ambiguous(
    '2 cartridges could',
    'slot 2 \\(WB0002L1\\): number 1 of family [0-9a-f]{8}',
    'slot 4 \\(WB0004L1\\)',
    'of 2026-03-01 12:34:56, by Winback',
  );
  expect(() => read(library, 'latest')).toThrow(seen);
  expect(library.places()).toEqual({ drive: '-', slots: '1234' });
  expect(() => library.target('read').versions()).toThrow(seen);
  // Both have a set 1, and each a version of its own.
  expect(() => read(library, '1')).toThrow(seen);
  expect(read(library, id(2))).toEqual(OTHER.map(expected));
  putBack(library);
  expect(read(library, id(1))).toEqual(SMALL.map(expected));
  putBack(library);
  const wanted = library.target('read', library.loader(), { version: id(1) });
  expect(wanted.versions().map((version) => version.id)).toEqual([id(1)]);
  wanted.close();
  putBack(library);
  expect(() => read(library, '03/09/2026-00:00')).toThrow(
    expect.objectContaining({ code: 'VERSION_NOT_FOUND', message: expect.stringContaining('without version 03/09/2026-00:00') as string }),
  );
  expect(() => backup(library, SMALL, 3)).toThrow(seen);
  expect(library.places()).toEqual({ drive: '-', slots: '1234' });
});

it('a version that only an earlier cartridge of a family without catalogs lists is found there', () => {
  const library = new ChangerWithDrive(3, 3);
  written(library, 1, SMALL, 1, 0);
  library.changer.move(SLOT, DRIVE);
  backup(library, LARGE, 2);
  putBack(library);
  expect(read(library, id(1))).toEqual(SMALL.map(expected));
  expect(library.places().drive).toBe('1');
});

it('a copy of the newest cartridge is as good as it: nobody knows which is meant', () => {
  const library = new ChangerWithDrive(3, 3);
  written(library, 1, SMALL, 1);
  writeFileSync(library.file(3), readFileSync(library.file(1)));
  expect(() => read(library, 'latest')).toThrow(ambiguous('slot 1', 'slot 3'));
  expect(() => backup(library, SMALL, 2)).toThrow(ambiguous('slot 1', 'slot 3'));
});

it('a backup goes on with the only family, begins one on a blank cartridge where there is none, and writes over nothing', () => {
  const library = new ChangerWithDrive(4, 4);
  library.spoil(1);
  const spoiled = readFileSync(library.file(1));
  backup(library, SMALL, 1);
  expect(library.places()).toEqual({ drive: '2', slots: '1-34' });
  putBack(library);
  backup(library, OTHER, 2);
  expect(library.places().drive).toBe('2');
  putBack(library);
  expect(library.target('read').versions()).toHaveLength(2);
  expect(readFileSync(library.file(1))).toEqual(spoiled);
});

it('a family that went on elsewhere has no room: another one is begun, and without a blank cartridge the job ends', () => {
  const library = new ChangerWithDrive(4, 3);
  library.changer.move(SLOT, DRIVE);
  backup(library, LARGE, 1);
  // Its second cartridge leaves the changer.
  library.remove(2);
  library.moves.length = 0;
  const before = readFileSync(library.file(1));
  backup(library, SMALL, 2);
  expect(library.places()).toEqual({ drive: '3', slots: '1---' });
  putBack(library);
  library.remove(3);
  expect(() => backup(library, OTHER, 3)).toThrow(
    expect.objectContaining({
      code: 'TAPE_END_OF_MEDIA',
      message: expect.stringMatching(/WB0001L1 \(number 1 of family .*: .*cartridge 1 is full/) as string,
    }),
  );
  expect(readFileSync(library.file(1))).toEqual(before);
  expect(library.places()).toEqual({ drive: '-', slots: '1---' });
});

it("a family of another program's is not gone on with, unless it is named", () => {
  const library = new ChangerWithDrive(2, 1);
  written(library, 1, SMALL, 1);
  library.ofAnotherProgram(1);
  expect(() => backup(library, OTHER, 2)).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
  backup(library, OTHER, 2, { slot: 1 });
  expect(library.places().drive).toBe('1');
});

it('a cartridge that is named is the first one, also in the place of that in the drive', () => {
  const library = new ChangerWithDrive(4, 4);
  written(library, 2, SMALL, 1);
  written(library, 4, OTHER, 2);
  expect(read(library, 'latest', { named: { slot: 4 } })).toEqual(OTHER.map(expected));
  expect(library.moves).toEqual(['4 drive']);
  expect(read(library, 'latest', { named: { barcode: 'WB0002L1' } })).toEqual(SMALL.map(expected));
  expect(library.moves).toEqual(['4 drive', 'drive 4', '2 drive']);
  // It is there already.
  expect(read(library, 'latest', { named: { barcode: 'WB0002L1' } })).toEqual(SMALL.map(expected));
  expect(read(library, 'latest', { named: { slot: 2 } })).toEqual(SMALL.map(expected));
  expect(library.moves).toHaveLength(3);
  backup(library, OTHER, 3, { slot: 1 });
  expect(library.places()).toEqual({ drive: '1', slots: '-234' });
});

it.each([
  [{ slot: 9 }, 'TAPE_INVALID_PARAMETER', 'slot 9 of 3'],
  [{ slot: 0 }, 'TAPE_INVALID_PARAMETER', 'slot 0 of 3'],
  [{ slot: 3 }, 'TAPE_NO_MEDIA_IN_DRIVE', 'slot 3'],
  [{ barcode: 'WB0009L1' }, 'TAPE_INVALID_PARAMETER', 'WB0009L1'],
  [{ slot: 2 }, 'TAPE_CLEANER_CARTRIDGE', 'CLN002L1'],
])('%j is refused before the job begins: %s', (named, code, words) => {
  const library = new ChangerWithDrive(3, 2);
  library.rename(2, 'CLN002L1');
  expect(() => {
    library.loader(0, undefined, named).check();
  }).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) as string }));
});

it('a cartridge that is named is not loaded into another drive than the one in use', () => {
  const library = new ChangerWithDrive(3, 3);
  written(library, 1, SMALL, 1);
  library.changer.move(SLOT, DRIVE);
  library.moves.length = 0;
  using drive = library.drive();
  expect(() => {
    library.loader(1, undefined, { slot: 2 }).begin(drive, { purpose: 'write', refuse: () => undefined });
  }).toThrow(expect.objectContaining({ code: 'TAPE_NO_MEDIA_IN_DRIVE', hint: expect.stringContaining('?drive=1') as string }));
  expect(library.moves).toEqual([]);
});

it('no cartridge with sets, or none at all: the error says what was tried', () => {
  const library = new ChangerWithDrive(3, 2);
  library.spoil(1);
  expect(() => read(library, 'latest')).toThrow(
    expect.objectContaining({
      code: 'TAPE_NOT_FOUND',
      message: expect.stringMatching(/WB0001L1 \(.*not in Microsoft.*WB0002L1 \(blank/) as string,
    }),
  );
  const empty = new ChangerWithDrive(3, 0);
  expect(() => read(empty, 'latest')).toThrow(expect.objectContaining({ code: 'TAPE_NOT_FOUND' }));
  expect(() => backup(empty, SMALL, 1)).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
});

it('a cartridge that cannot be loaded is put back, and the next one is looked at', () => {
  const library = new ChangerWithDrive(3, 3);
  written(library, 3, SMALL, 1);
  const bytes = readFileSync(library.file(1));
  writeFileSync(library.file(1), bytes.fill(0x55, 0, 64));
  expect(read(library, 'latest')).toEqual(SMALL.map(expected));
  expect(library.places()).toEqual({ drive: '3', slots: '12-' });
  putBack(library);
  backup(library, OTHER, 2);
  expect(library.places()).toEqual({ drive: '3', slots: '12-' });
});

it('Ctrl-C while cartridges are looked at stops, with every one in its slot', () => {
  const library = new ChangerWithDrive(4, 4);
  const cancellation = new CancellationSwitch();
  library.onMove = () => {
    if (library.moves.length === 3) cancellation.cancel();
  };
  const target = library.target('write', library.loader(0, cancellation));
  expect(() => target.versions()).toThrow(expect.objectContaining({ code: 'INTERRUPTED' }));
  target.close();
  expect(library.places()).toEqual({ drive: '-', slots: '1234' });
});

it('the address of a changer has its options behind it, and what else stands there is its own', () => {
  const none = { slot: undefined, barcode: undefined };
  expect(parseChangerAddress('/dev/sg3')).toEqual({ address: '/dev/sg3', driveNumber: 0, first: none });
  expect(parseChangerAddress('/dev/sg3?drive=1')).toEqual({ address: '/dev/sg3', driveNumber: 1, first: none });
  expect(parseChangerAddress('changer:/a?b?slot=12&drive=1')).toEqual({
    address: 'changer:/a?b',
    driveNumber: 1,
    first: { ...none, slot: 12 },
  });
  expect(parseChangerAddress('iscsi://h/t/1?barcode=WB 0001')).toEqual({
    address: 'iscsi://h/t/1',
    driveNumber: 0,
    first: { ...none, barcode: 'WB 0001' },
  });
  expect(parseChangerAddress('/dev/sg3?speed=1').address).toBe('/dev/sg3?speed=1');
  expect(() => parseChangerAddress('/dev/sg3?slot=1&barcode=A')).toThrow(expect.objectContaining({ code: 'TAPE_INVALID_PARAMETER' }));
});
