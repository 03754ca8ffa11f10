import { CancellationSwitch } from '@winback/core';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TapePrepare, tapeError, TapeStatus } from '../../src/index.js';
import { identifyCartridge } from '../../src/mtf/tape/identify-cartridge.js';
import { driver } from '../image/support/images.js';
import { ChangerWithDrive, DRIVE, SLOT, writeSetTo as write } from '../support/changer.js';
import { dir, expected, file, found, noise, readAll, type Kept } from '../support/target.js';

/** More than two cartridges hold. */
const LARGE: readonly Kept[] = [dir(''), ...Array.from({ length: 10 }, (_, i) => file(String(i), noise(480_000 + i * 1013, i + 1)))];

const REQUEST = { purpose: 'write', mediaFamilyId: 0xbeef, mediaSequence: 2 } as const;

it('a set goes on on the first cartridges that are blank, whatever else is in the slots, and comes back', () => {
  const library = new ChangerWithDrive(8, 8);
  // 2: something else. 3: a cleaning cartridge. 5: of another family.
  library.spoil(2);
  const cleaning = join(library.folder, 'CLN003L1.wbtape');
  renameSync(library.file(3), cleaning);
  const state = join(library.folder, 'changer.json');
  writeFileSync(state, readFileSync(state, 'utf8').replace('WB0003L1', 'CLN003L1'));
  {
    library.changer.move(SLOT + 4, DRIVE);
    const other = library.target();
    write(other, LARGE.slice(0, 2));
    other.close();
    library.changer.move(DRIVE, SLOT + 4);
  }
  const untouched = [2, 5].map((number) => readFileSync(library.file(number)));
  library.changer.move(SLOT, DRIVE);
  library.moves.length = 0;
  const target = library.target();
  write(target, LARGE);
  expect(library.moves.slice(0, 6)).toEqual(['drive 1', '2 drive', 'drive 2', '4 drive', 'drive 4', '5 drive']);
  expect(library.moves.filter((move) => move.startsWith('3 '))).toEqual([]);
  expect(library.places().drive).not.toBe('-');
  expect([2, 5].map((number) => readFileSync(library.file(number)))).toEqual(untouched);
  // From the last one, which is in the drive.
  library.moves.length = 0;
  expect(readAll(target.openSet('latest'), 1 << 20).map(found)).toEqual(LARGE.map(expected));
  target.close();
});

it('a recovery gets the cartridges by what is on them, remembers them, and puts back those that it tried', () => {
  const library = new ChangerWithDrive(5, 5);
  library.changer.move(SLOT, DRIVE);
  const writing = library.target();
  write(writing, LARGE);
  writing.close();
  // 1, 2, 3 are in this order in the slots; now they are not, and their labels tell nothing.
  expect(library.places()).toEqual({ drive: '3', slots: '12-45' });
  for (const [from, to] of [
    [SLOT + 1, SLOT + 2],
    [SLOT + 4, SLOT + 1],
    [SLOT + 2, SLOT + 4],
    [SLOT, SLOT + 2],
  ] as const)
    library.changer.move(from, to);
  expect(library.places()).toEqual({ drive: '3', slots: '-5142' });
  library.moves.length = 0;
  const target = library.target('read');
  expect(readAll(target.openSet('latest'), 1 << 20).map(found)).toEqual(LARGE.map(expected));
  // Asked for: 1, which the catalog names, then 2 (3 was never looked at), then 3 by what is known of it.
  expect(library.moves).toEqual([
    'drive 1',
    ...['2 drive', 'drive 2', '3 drive'],
    ...['drive 3', '1 drive', 'drive 1', '4 drive', 'drive 4', '5 drive'],
    ...['drive 5', '1 drive'],
  ]);
  expect(library.places()).toEqual({ drive: '3', slots: '-5142' });
  target.close();
});

it('without a blank cartridge the job ends, with every one in its slot and as it was', () => {
  const library = new ChangerWithDrive(4, 3);
  library.spoil(2);
  library.spoil(3);
  library.changer.move(SLOT, DRIVE);
  const before = [2, 3].map((number) => readFileSync(library.file(number)));
  const target = library.target();
  expect(() => write(target, LARGE)).toThrow(
    expect.objectContaining({
      code: 'TAPE_END_OF_MEDIA',
      message: expect.stringMatching(
        /a blank cartridge, to be number 2 of family [0-9a-f]{8}, is needed, and in no slot; tried: WB0002L1 \(.* is not in Microsoft Tape Format.*\), WB0003L1 \(/,
      ) as string,
    }),
  );
  expect(library.places()).toEqual({ drive: '-', slots: '123-' });
  expect([2, 3].map((number) => readFileSync(library.file(number)))).toEqual(before);
});

it('a cartridge that is in no slot is named', () => {
  const library = new ChangerWithDrive(3, 2);
  library.changer.move(SLOT, DRIVE);
  using drive = library.drive('read');
  expect(() => library.loader().change(drive, { ...REQUEST, purpose: 'read' })).toThrow(
    expect.objectContaining({
      code: 'TAPE_NOT_FOUND',
      message: expect.stringContaining('cartridge 2 of family 0000beef is needed') as string,
    }),
  );
  expect(library.places()).toEqual({ drive: '-', slots: '12-' });
});

it('a drive of another number is told, and nothing is moved', () => {
  const library = new ChangerWithDrive(3, 3);
  library.changer.move(SLOT, DRIVE);
  using drive = library.drive();
  expect(() => library.loader(1).change(drive, REQUEST)).toThrow(
    expect.objectContaining({ code: 'TAPE_NO_MEDIA_IN_DRIVE', hint: expect.stringContaining('?drive=1') as string }),
  );
  expect(library.places()).toEqual({ drive: '1', slots: '-23' });
  expect(() => library.loader(2).check()).toThrow(expect.objectContaining({ code: 'TAPE_INVALID_PARAMETER' }));
  library.loader(1).check();
});

it('an empty drive is filled; a slot that was taken meanwhile is not needed', () => {
  const library = new ChangerWithDrive(3, 2);
  using drive = library.drive();
  library.loader().change(drive, REQUEST);
  expect(library.places()).toEqual({ drive: '1', slots: '-2-' });
  drive.prepareTape(TapePrepare.UNLOAD);
  library.changer.move(SLOT + 1, SLOT);
  library.loader().change(drive, REQUEST);
  expect(library.places()).toEqual({ drive: '2', slots: '-1-' });
});

it('no slot for the cartridge in the drive: it stays there', () => {
  const library = new ChangerWithDrive(2, 2);
  library.changer.move(SLOT, DRIVE);
  writeFileSync(join(library.folder, 'WB0003L1.wbtape'), readFileSync(library.file(2)));
  const state = join(library.folder, 'changer.json');
  const { drives } = JSON.parse(readFileSync(state, 'utf8')) as { drives: object[] };
  writeFileSync(state, JSON.stringify({ drives, slots: [2, 3].map((n) => ({ cartridge: `WB000${String(n)}L1.wbtape` })) }));
  using drive = library.drive();
  expect(() => library.loader().change(drive, REQUEST)).toThrow(expect.objectContaining({ code: 'TAPE_UNABLE_TO_UNLOAD_MEDIA' }));
  expect(library.places()).toEqual({ drive: '1', slots: '23' });
});

it('a changer that tells of something in between is asked again, unless something else is there now', () => {
  const library = new ChangerWithDrive(3, 3);
  library.changer.move(SLOT, DRIVE);
  using drive = library.drive();
  const news = tapeError(TapeStatus.ERROR_MEDIA_CHANGED, 'library', 'moving');
  library.news.push(news);
  library.loader().change(drive, REQUEST);
  expect(library.places()).toEqual({ drive: '2', slots: '1-3' });
  library.news.push(news, news);
  expect(() => library.loader().change(drive, REQUEST)).toThrow(expect.objectContaining({ code: 'TAPE_MEDIA_CHANGED' }));
});

it('Ctrl-C between cartridges stops, with every one in its slot', () => {
  const library = new ChangerWithDrive(4, 4);
  for (const number of [2, 3, 4]) library.spoil(number);
  library.changer.move(SLOT, DRIVE);
  using drive = library.drive();
  const cancellation = new CancellationSwitch();
  library.moves.length = 0;
  library.onMove = () => {
    if (library.moves.length === 3) cancellation.cancel();
  };
  expect(() => library.loader(0, cancellation).change(drive, REQUEST)).toThrow(expect.objectContaining({ code: 'INTERRUPTED' }));
  expect(library.moves).toEqual(['drive 1', '2 drive', 'drive 2']);
  expect(library.places()).toEqual({ drive: '-', slots: '1234' });
});

it('what is on a cartridge is told by its first block, and nothing else counts as blank', () => {
  const library = new ChangerWithDrive(4, 4);
  library.changer.move(SLOT, DRIVE);
  const target = library.target();
  expect(identifyOf(library, 2)).toEqual({ kind: 'blank', writeProtected: false });
  expect(identifyOf(library, 2, 'read')).toEqual({ kind: 'blank', writeProtected: true });
  write(target, LARGE.slice(0, 2));
  target.close();
  expect(identifyOf(library, 1)).toMatchObject({
    kind: 'family',
    mediaSequence: 1,
    facts: { ours: true, date: '2026-03-01 12:34:56', software: expect.stringMatching(/^Winback /) as string },
  });
  library.spoil(2);
  expect(identifyOf(library, 2)).toMatchObject({ kind: 'other' });
  {
    using drive = driver.open(`image:${library.file(3)}`, { mode: 'write' });
    drive.writeTapemark(1, 1);
  }
  expect(identifyOf(library, 3)).toMatchObject({ kind: 'other' });
  {
    using drive = driver.open(`image:${library.file(4)}`, { mode: 'write' });
    drive.write(Buffer.from('TAPE'));
  }
  expect(identifyOf(library, 4)).toMatchObject({ kind: 'other' });
});

function identifyOf(library: ChangerWithDrive, number: number, mode: 'read' | 'write' = 'write') {
  using drive = driver.open(`image:${library.file(number)}`, { mode });
  return identifyCartridge(drive);
}
