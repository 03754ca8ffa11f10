import type { TargetDamage } from '@winback/core';
import { describe, expect, it } from 'vitest';
import type { DetailReader } from '../../src/mtf/catalog/detail-reader.js';
import type { MtfSetReader } from '../../src/mtf/set-reader.js';
import { ChangerWithDrive, DRIVE, SLOT, writeSetTo } from '../support/changer.js';
import { libraryOf, writeTo, type Library, type LibraryOptions } from '../support/library.js';
import { addAll, description, dir, expected, file, found, noise, now, readAll, volume, type Kept } from '../support/target.js';

const SMALL: readonly Kept[] = [dir(''), file('a', 'one')];
/** Several cartridges of 12 blocks. */
const LARGE: readonly Kept[] = [dir(''), ...Array.from({ length: 30 }, (_, i) => file(String(i), noise(50_000 + i * 1013, i + 1)))];
const ROOM = 12;
const [FIRST, SECOND] = ['2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'];
const Y = '03/01/2026-00:00';
/** Of a set that has no end the time is that of its beginning. */
const X = '03/01/2026-12:34';

const messages = (damage: readonly TargetDamage[]): string => damage.map(({ error }) => error.message).join('\n');

/** What there is of the large set: each file whole and right, or with an error. */
function partOf(reader: MtfSetReader | DetailReader): { whole: number; cut: number; damage: string } {
  const files = readAll(reader);
  const wanted = new Map(LARGE.map((kept) => [kept.entry.path, expected(kept)]));
  const whole = files.filter(({ error }) => error === undefined);
  for (const one of whole) expect(found(one)).toEqual(wanted.get(one.entry.path));
  // Nobody knows the size of all.
  expect(messages(reader.damage)).not.toMatch(/\d{12}/);
  return { whole: whole.length, cut: files.length - whole.length, damage: messages(reader.damage) };
}

/** Writes the large set until no cartridge comes any more, as a job that is killed then. */
function writeUnfinished({ target }: Library): ReturnType<Library['target']['createSet']> {
  const writer = target.createSet(description);
  writer.beginVolume(volume);
  expect(() => addAll(writer, LARGE)).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
  return writer;
}

describe.each([true, false])('with positions: %s, a set whose next cartridge', (positions) => {
  describe.each([0, 1, 2] as const)('(catalogs of type %i)', (type) => {
    const begin = (options: LibraryOptions): Library => {
      const library = libraryOf({ positions, room: ROOM, catalog: type, ...options });
      writeTo(library.target, SMALL, FIRST);
      return library;
    };

    it('never came is listed as what it is, and is not the latest', () => {
      const library = begin({ missing: new Set([2]) });
      writeUnfinished(library);
      const { target, requests } = library;
      expect(target.versions().map(({ id, continuesOn }) => [id, continuesOn])).toEqual([
        [Y, undefined],
        [X, 2],
      ]);
      expect(target.damage).toEqual([]);
      requests.length = 0;
      const latest = target.openSet('latest');
      expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
      expect(latest.version.id).toBe(Y);
      expect(messages(latest.damage)).toMatch(
        new RegExp(`version ${Y} is the newest that is whole: ${X} goes on on cartridge 2, and its end is missing: memory: cartridge 2`),
      );
      // Nobody is asked twice.
      readAll(target.openSet('latest'));
      expect(requests).toEqual(['read 2']);
      // Somebody else, later.
      const later = libraryOf({ positions });
      later.drive.load(library.cartridges[0]!);
      expect(() => later.target.createSet(description)).toThrow(expect.objectContaining({ code: 'TARGET_FULL' }));
    });

    it('never came gives what is whole on the first one, and names what is missing', () => {
      const library = begin({ missing: new Set([2]) });
      writeUnfinished(library);
      const part = partOf(library.target.openSet(X));
      expect(part.whole).toBeGreaterThan(2);
      expect(part.whole).toBeLessThan(LARGE.length);
      expect(part.cut).toBe(1);
      expect(part.damage).toMatch(/the set goes on on cartridge 2 of family 04030201, which is missing: memory: cartridge 2/);
      // By its number, too, and where only a list is wanted.
      expect(partOf(library.target.openSet('2')).whole).toBe(part.whole);
      expect(partOf(library.target.openSet(X, { wants: () => true })).whole).toBe(part.whole);
    });

    it('never came, as the only one, is all that there is', () => {
      const library = libraryOf({ positions, room: ROOM, catalog: type, missing: new Set([2]) });
      writeUnfinished(library);
      const latest = library.target.openSet('latest');
      expect(latest.version).toMatchObject({ id: X, continuesOn: 2 });
      expect(partOf(latest).damage).toContain('which is missing');
    });

    it('never came is taken back with the job', () => {
      const library = begin({ missing: new Set([2]) });
      const before = [...library.cartridges[0]!.items];
      now(writeUnfinished(library).abort());
      expect(library.cartridges[0]!.items).toEqual(before);
      writeTo(library.target, SMALL, SECOND);
      expect(library.target.versions().map(({ id }) => id)).toEqual([Y, '03/02/2026-00:00']);
    });

    it('was begun and never finished: cut behind every block', () => {
      const whole = begin({});
      writeTo(whole.target, LARGE, SECOND);
      const [one, two] = whole.cartridges;
      for (let end = 1; end < two!.items.length; end++) {
        const library = libraryOf({ positions, room: ROOM, catalog: type, missing: new Set([3]) });
        library.cartridges[0]!.items = [...one!.items];
        library.cartridges[1] = { ...two!, items: two!.items.slice(0, end) };
        library.drive.load(library.cartridges[0]!);
        expect(library.target.versions().map(({ id, continuesOn }) => [id, continuesOn])).toEqual([
          [Y, undefined],
          [X, 2],
        ]);
        const latest = library.target.openSet('latest');
        expect(latest.version.id).toBe(Y);
        expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
        expect(messages(latest.damage)).toContain('its end is missing');
        // With the later one in the drive, which has no version.
        library.drive.load(library.cartridges[1]);
        const behind = library.target.openSet('latest');
        expect(behind.version.id).toBe(Y);
        expect(readAll(behind).map(found)).toEqual(SMALL.map(expected));
        expect(messages(behind.damage)).toMatch(/is the newest that is whole: .*(its end is missing|was never finished)/);
        library.drive.load(library.cartridges[0]!);
        const part = partOf(library.target.openSet(X));
        expect(part.whole).toBeGreaterThan(2);
        expect(part.damage).toMatch(/is missing|never finished/);
      }
    });

    it('has more versions behind it: the latest is the last of all, wherever one begins', () => {
      const library = begin({});
      writeTo(library.target, LARGE, SECOND);
      writeTo(library.target, SMALL, '2026-03-03T00:00:00Z');
      const { cartridges, drive, target } = library;
      expect(cartridges.length).toBeGreaterThan(2);
      for (const cartridge of cartridges) {
        drive.load(cartridge);
        const latest = target.openSet('latest');
        expect(latest.version.id).toBe('03/03/2026-00:00');
        expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
        expect(latest.damage).toEqual([]);
      }
    });
  });
});

it('of three cartridges the last one is missing: what is on the others is recovered', () => {
  const library = libraryOf({ room: ROOM, missing: new Set([3]) });
  writeTo(library.target, SMALL, FIRST);
  writeUnfinished(library);
  library.drive.load(library.cartridges[0]!);
  const latest = library.target.openSet('latest');
  expect(latest.version.id).toBe(Y);
  expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
  const first = partOf(library.target.openSet(X));
  expect(first.damage).toContain('cartridge 3 of family');
  expect(first.whole).toBeGreaterThan(5);
});

describe('a changer without the next cartridge', () => {
  const BIG: readonly Kept[] = [dir(''), ...Array.from({ length: 6 }, (_, i) => file(String(i), noise(480_000 + i * 1013, i + 1)))];

  function killed(): ChangerWithDrive {
    const library = new ChangerWithDrive(3, 1);
    library.changer.move(SLOT, DRIVE);
    const target = library.target();
    writeSetTo(target, SMALL, FIRST);
    expect(() => {
      writeSetTo(target, BIG, SECOND);
    }).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
    target.close();
    library.moves.length = 0;
    return library;
  }

  it('finds that out without moving anything where all are known, and reads on', () => {
    const library = killed();
    expect(library.places()).toEqual({ drive: '-', slots: '1--' });
    const target = library.target('read');
    expect(target.versions().map(({ continuesOn }) => continuesOn)).toEqual([undefined, 2]);
    const latest = target.openSet('latest');
    expect(latest.version.id).toBe(Y);
    expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
    expect(library.moves).toEqual(['1 drive']);
    const part = target.openSet(X);
    expect(readAll(part, 1 << 20).filter(({ error }) => error === undefined).length).toBeGreaterThan(2);
    expect(messages(part.damage)).toContain('which is missing');
    expect(library.moves).toEqual(['1 drive']);
    target.close();
  });

  it('begins with the cartridge that has a whole version, not with the newest one', () => {
    const library = new ChangerWithDrive(3, 2);
    library.changer.move(SLOT, DRIVE);
    const writing = library.target();
    writeSetTo(writing, SMALL, FIRST);
    expect(() => {
      writeSetTo(writing, [...BIG, ...Array.from({ length: 3 }, (_, i) => file(`more ${String(i)}`, noise(480_000, i + 9)))], SECOND);
    }).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
    writing.close();
    const target = library.target('read');
    expect(target.versions().map(({ id, continuesOn }) => [id, continuesOn])).toEqual([
      [Y, undefined],
      [X, 2],
    ]);
    expect(library.places().drive).toBe('1');
    const latest = target.openSet('latest');
    expect(readAll(latest).map(found)).toEqual(SMALL.map(expected));
    expect(messages(latest.damage)).toContain(`${Y} is the newest that is whole: ${X} goes on on cartridge 3`);
    target.close();
  });

  it('puts the cartridge back that it took out to look for it', () => {
    const library = killed();
    library.changer.move(SLOT, DRIVE);
    library.moves.length = 0;
    const target = library.target('read');
    const part = target.openSet(X);
    expect(messages(readDamage(part))).toContain('which is missing');
    expect(library.moves).toEqual(['drive 1', '1 drive', 'drive 1']);
    // Another set of the same cartridge.
    expect(readAll(target.openSet(Y)).map(found)).toEqual(SMALL.map(expected));
    expect(library.places().drive).toBe('1');
    target.close();
  });

  it('takes the set back from the cartridge that it had put away', () => {
    const library = new ChangerWithDrive(3, 1);
    library.changer.move(SLOT, DRIVE);
    const target = library.target();
    writeSetTo(target, SMALL, FIRST);
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    expect(() => {
      addAll(writer, BIG);
    }).toThrow(expect.objectContaining({ code: 'TAPE_END_OF_MEDIA' }));
    now(writer.abort());
    expect(target.versions().map(({ id, continuesOn }) => [id, continuesOn])).toEqual([[Y, undefined]]);
    writeSetTo(target, SMALL, SECOND);
    expect(target.versions()).toHaveLength(2);
    target.close();
  });
});

function readDamage(reader: MtfSetReader | DetailReader): readonly TargetDamage[] {
  readAll(reader, 1 << 20);
  return reader.damage;
}
