import { CancellationSwitch, neverCancelled, systemRandom } from '@winback/core';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  ImageChangerDriver,
  TapePrepare,
  tapeError,
  TapeStatus,
  type ChangerElement,
  type ImageDrive,
  type TapeChanger,
} from '../../src/index.js';
import { CartridgeLibrary } from '../../src/mtf/tape/cartridge-library.js';
import { changeCartridge } from '../../src/mtf/tape/change-cartridge.js';
import { identifyCartridge } from '../../src/mtf/tape/identify-cartridge.js';
import { MtfTapeTarget } from '../../src/mtf/tape/mtf-tape-target.js';
import { driver, newPath } from '../image/support/images.js';
import {
  addAll,
  catalog,
  clock,
  description,
  dir,
  expected,
  file,
  found,
  noise,
  now,
  readAll,
  volume,
  type Kept,
} from '../support/target.js';

const [DRIVE, SLOT] = [256, 4096];
const CAPACITY = 2 * 2 ** 20;
const changers = new ImageChangerDriver(systemRandom);
/** More than two cartridges hold. */
const LARGE: readonly Kept[] = [dir(''), ...Array.from({ length: 10 }, (_, i) => file(String(i), noise(480_000 + i * 1013, i + 1)))];

/** A changer with cartridges in its first slots, and the drive `image:FOLDER/drive0`. */
class Library {
  readonly folder = newPath('library');
  readonly moves: string[] = [];
  readonly changer: TapeChanger;
  /** Thrown by the next moves, which do nothing then. */
  readonly news: Error[] = [];
  onMove: () => void = () => undefined;

  constructor(slots: number, cartridges: number) {
    changers.create(`changer:${this.folder}`, { drives: 2, slots, cartridges, capacity: CAPACITY });
    const inner = changers.open(`changer:${this.folder}`);
    this.changer = {
      name: inner.name,
      elements: () => inner.elements(),
      move: (from, to) => {
        const news = this.news.shift();
        if (news) throw news;
        this.moves.push(`${from === DRIVE ? 'drive' : String(from - SLOT + 1)} ${to === DRIVE ? 'drive' : String(to - SLOT + 1)}`);
        inner.move(from, to);
        this.onMove();
      },
      [Symbol.dispose]: () => inner[Symbol.dispose](),
    };
  }

  file(number: number): string {
    return join(this.folder, `WB000${String(number)}L1.wbtape`);
  }

  drive(mode: 'read' | 'write' = 'write'): ImageDrive {
    return driver.open(`image:${this.folder}/drive0`, { mode });
  }

  loader(driveNumber = 0, cancellation = neverCancelled): CartridgeLibrary {
    return new CartridgeLibrary({ open: () => this.changer, driveNumber, cancellation });
  }

  /** Where which cartridge is: numbers of cartridges, `-` for nothing. */
  places(): { drive: string; slots: string } {
    const number = ({ volumeTag }: ChangerElement): string => (volumeTag === undefined ? '-' : /([1-9])/.exec(volumeTag)![1]!);
    const elements = this.changer.elements();
    return {
      drive: number(elements.find(({ address }) => address === DRIVE)!),
      slots: elements
        .filter(({ kind }) => kind === 'slot')
        .map(number)
        .join(''),
    };
  }

  target(mode: 'read' | 'write' = 'write', library = this.loader()): MtfTapeTarget {
    const address = `image:${this.folder}/drive0`;
    return new MtfTapeTarget(`tape:${address}`, this.drive(mode), {
      clock,
      random: systemRandom,
      change: changeCartridge(driver, address, { library }),
    });
  }

  /** Writes something that is no Microsoft Tape Format. */
  spoil(number: number): void {
    using drive = driver.open(`image:${this.file(number)}`, { mode: 'write' });
    drive.write(Buffer.alloc(10_240, 'tar'));
    drive.writeTapemark(1, 1);
  }
}

function write(target: MtfTapeTarget, files: readonly Kept[], started?: string): void {
  const writer = target.createSet(description);
  writer.beginVolume(volume);
  addAll(writer, files);
  now(writer.commit(catalog(started)));
}
const REQUEST = { purpose: 'write', mediaFamilyId: 0xbeef, mediaSequence: 2 } as const;

it('a set goes on on the first cartridges that are blank, whatever else is in the slots, and comes back', () => {
  const library = new Library(8, 8);
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
  const library = new Library(5, 5);
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
  const library = new Library(4, 3);
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
  const library = new Library(3, 2);
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
  const library = new Library(3, 3);
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
  const library = new Library(3, 2);
  using drive = library.drive();
  library.loader().change(drive, REQUEST);
  expect(library.places()).toEqual({ drive: '1', slots: '-2-' });
  drive.prepareTape(TapePrepare.UNLOAD);
  library.changer.move(SLOT + 1, SLOT);
  library.loader().change(drive, REQUEST);
  expect(library.places()).toEqual({ drive: '2', slots: '-1-' });
});

it('no slot for the cartridge in the drive: it stays there', () => {
  const library = new Library(2, 2);
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
  const library = new Library(3, 3);
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
  const library = new Library(4, 4);
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
  const library = new Library(4, 4);
  library.changer.move(SLOT, DRIVE);
  const target = library.target();
  expect(identifyOf(library, 2)).toEqual({ kind: 'blank', writeProtected: false });
  expect(identifyOf(library, 2, 'read')).toEqual({ kind: 'blank', writeProtected: true });
  write(target, LARGE.slice(0, 2));
  target.close();
  expect(identifyOf(library, 1)).toMatchObject({ kind: 'family', mediaSequence: 1 });
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

function identifyOf(library: Library, number: number, mode: 'read' | 'write' = 'write') {
  using drive = driver.open(`image:${library.file(number)}`, { mode });
  return identifyCartridge(drive);
}
