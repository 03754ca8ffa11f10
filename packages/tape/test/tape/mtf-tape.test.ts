import { describe, expect, it } from 'vitest';
import { blankCartridge } from '../support/memory-drive.js';
import { kindOf, layout, libraryOf as newLibrary, writeTo as write } from '../support/library.js';
import { addAll, catalog, description, dir, expected, file, found, noise, now, readAll, volume } from '../support/target.js';

const SMALL = [dir(''), file('b', noise(1000)), dir('a'), file('a/x', 'text'), file('a/empty', '')];
const MIXED = [
  dir(''),
  file('big', noise(700_000)),
  file('last', 'end'),
  dir('many'),
  ...Array.from({ length: 150 }, (_, i) => file(`many/${String(i)}`, noise((i * 613) % 5000, i + 1))),
  dir('deep'),
  dir('deep/er'),
  file('deep/er/middle', noise(200_000, 7)),
];

describe.each([
  ['that tells positions', true, 0],
  ['that tells none', false, 0],
  ['with a buffer of one block', true, 1],
  ['with a buffer of three blocks', false, 3],
  ['with a buffer for more than a cartridge', true, 100],
])('a drive %s', (_, positions, depth) => {
  const library = (room?: number, compress?: boolean) => newLibrary({ positions, depth, room, compress });

  describe('sets on a tape', () => {
    it('come back, between filemarks, in blocks of one size', () => {
      const { cartridges, target } = library();
      write(target, SMALL);
      expect(layout(cartridges[0]!)).toBe(positions ? 'T|S|ETTE|' : 'T|S|ETE|');
      expect(target.versions()).toMatchObject([{ id: '03/01/2026-12:34', number: 1, name: 'Test', catalog: { files: 1 } }]);
      expect(readAll(target.openSet('latest')).map(found)).toEqual(SMALL.map(expected));
      expect(target.damage).toEqual([]);
    });

    it('of many megabytes come back whole', () => {
      const { target } = library();
      const files = [dir(''), file('one', noise(9_000_001)), file('two', noise(3_000_000, 3)), ...SMALL.slice(1)];
      write(target, files);
      expect(readAll(target.openSet('latest'), 300_000).map(found)).toEqual(files.map(expected));
    });

    it('are appended, listed and opened one by one', () => {
      const { cartridges, target } = library();
      write(target, SMALL, '2026-03-01T12:34:56Z');
      write(target, MIXED, '2026-03-02T12:34:56Z');
      write(target, SMALL.slice(0, 2), '2026-03-02T12:34:57Z');
      expect(target.versions().map(({ id, number }) => [id, number])).toEqual([
        ['03/01/2026-12:34', 1],
        ['03/02/2026-12:34', 2],
        ['03/02/2026-12:34-2', 3],
      ]);
      expect(readAll(target.openSet('03/02/2026-12:34')).map(found)).toEqual(MIXED.map(expected));
      expect(readAll(target.openSet('1')).map(found)).toEqual(SMALL.map(expected));
      expect(() => target.openSet('4')).toThrow(expect.objectContaining({ code: 'VERSION_NOT_FOUND' }));
      expect(layout(cartridges[0]!)).toMatch(/^T\|S\|E[^|]*E\|S[^|]*\|E[^|]*E\|S\|E[^|]*E\|$/);
    });

    it('are compressed on request', () => {
      const { cartridges, target } = library(Infinity, true);
      const files = [dir(''), file('text', Buffer.alloc(3_000_000, 'text that repeats, '))];
      write(target, files);
      expect(cartridges[0]!.items.length).toBeLessThan(20);
      expect(readAll(target.openSet('latest')).map(found)).toEqual(files.map(expected));
    });

    it('that were never finished are no versions, and the next one takes their place: cut behind every block', () => {
      const { cartridges, target } = library();
      write(target, SMALL);
      const first = cartridges[0]!.items.length;
      write(target, MIXED, '2026-03-02T00:00:00Z');
      const { items } = cartridges[0]!;
      // Its end stands before the last filemark: what comes later is not needed.
      for (let end = first; end < items.length - 1; end++) {
        const again = library();
        again.cartridges[0]!.items = items.slice(0, end);
        expect(again.target.versions().map(({ number }) => number)).toEqual([1]);
        write(again.target, SMALL, '2026-03-03T00:00:00Z');
        expect(again.target.versions().map(({ id }) => id)).toEqual(['03/01/2026-12:34', '03/03/2026-00:00']);
        expect(readAll(again.target.openSet('latest')).map(found)).toEqual(SMALL.map(expected));
      }
    });

    it('taken back leave the tape as it was', () => {
      const { cartridges, target } = library();
      write(target, SMALL);
      const before = [...cartridges[0]!.items];
      const writer = target.createSet(description);
      writer.beginVolume(volume);
      addAll(writer, MIXED);
      now(writer.abort());
      expect(cartridges[0]!.items).toEqual(before);
    });

    it('are not written over what is no tape of this format', () => {
      const { cartridges, target } = library();
      cartridges[0]!.items = [Buffer.alloc(10_240, 'tar'), 'filemark'];
      expect(() => target.createSet(description)).toThrow(expect.objectContaining({ code: 'TARGET_FOREIGN' }));
      expect(cartridges[0]!.items).toHaveLength(2);
    });
  });

  describe('sets on several cartridges', () => {
    it.each([false, true])('are whole wherever the cartridge ends, compressed: %s', (compress) => {
      const whole = library(Infinity, compress);
      write(whole.target, MIXED);
      const blocks = whole.cartridges[0]!.items.length;
      for (let room = 3; room < blocks; room++) {
        const { cartridges, requests, target } = library(room, compress);
        write(target, MIXED);
        // At the very end there is room for the set's end behind the warning.
        if (room < blocks - 10) expect(cartridges.length).toBeGreaterThan(1);
        expect(requests).toEqual(cartridges.slice(1).map((_, i) => `write ${String(i + 2)}`));
        for (const [i, cartridge] of cartridges.entries()) {
          const last = i === cartridges.length - 1;
          expect(layout(cartridge), `cartridge ${String(i + 1)} with room for ${String(room)}`).toMatch(
            last ? /^T\|S[^|]*\|ET{1,2}E\|$/ : /^T\|S[^|]*\|E\|$/,
          );
          expect(kindOf(cartridge, cartridge.items.length - 2)).toBe(last ? 'ESET' : 'EOTM');
        }
        // From the cartridge that is in the drive, the last one: the first is asked for, then the others again.
        const files = readAll(target.openSet('latest'));
        expect(files.map(found)).toEqual(MIXED.map(expected));
      }
    });

    it('are asked for one after the other', () => {
      const { cartridges, drive, requests, target } = library(8);
      write(target, MIXED);
      const count = cartridges.length;
      requests.length = 0;
      readAll(target.openSet('latest'));
      const numbers = Array.from({ length: count }, (_, i) => i + 1);
      // The set map says which is the first one.
      const first = positions ? [1] : numbers.slice(0, -1).reverse();
      expect(requests).toEqual([...first, ...numbers.slice(1)].map((n) => `read ${String(n)}`));
      // The first one in the drive is all that it takes to begin.
      drive.load(cartridges[0]!);
      requests.length = 0;
      const reader = target.openSet('1');
      expect(reader.next()?.entry.path).toBe('');
      expect(reader.next()?.entry.path).toBe('big');
      expect(requests).toEqual([]);
      reader.close();
    });

    it('are gone on with on the last one, and not on one that is full', () => {
      const { cartridges, drive, target } = library(12);
      write(target, MIXED);
      write(target, SMALL, '2026-03-02T00:00:00Z');
      expect(target.versions().map(({ id }) => id)).toEqual(['03/01/2026-12:34', '03/02/2026-00:00']);
      expect(readAll(target.openSet('latest')).map(found)).toEqual(SMALL.map(expected));
      drive.load(cartridges[0]!);
      expect(() => target.createSet(description)).toThrow(expect.objectContaining({ code: 'TARGET_FULL' }));
      expect(target.damage).toEqual([]);
    });

    it('are written to when they are blank only; what was committed before is whole then', () => {
      const { cartridges, drive, target } = library(30);
      write(target, SMALL);
      cartridges[1] = blankCartridge();
      cartridges[1].items = [Buffer.alloc(512, 'x'), 'filemark'];
      const writer = target.createSet(description);
      writer.beginVolume(volume);
      expect(() => {
        addAll(writer, [dir(''), file('large', noise(3_000_000))]);
        now(writer.commit(catalog('2026-03-02T00:00:00Z')));
      }).toThrow(expect.objectContaining({ code: 'TARGET_FOREIGN' }));
      now(writer.abort());
      expect(cartridges[1].items).toEqual([Buffer.alloc(512, 'x'), 'filemark']);
      drive.load(cartridges[0]!);
      expect(target.versions().map(({ number }) => number)).toContain(1);
      expect(readAll(target.openSet('1')).map(found)).toEqual(SMALL.map(expected));
    });

    it('of another family are refused', () => {
      const one = library(8);
      write(one.target, MIXED);
      const { items } = one.cartridges[1]!;
      const tape = Buffer.from(items[0] as Uint8Array);
      tape[0x34]! ^= 0xff;
      let sum = 0;
      for (let i = 0; i < 50; i += 2) sum ^= tape.readUInt16LE(i);
      tape.writeUInt16LE(sum, 50);
      items[0] = tape;
      one.drive.load(one.cartridges[0]!);
      expect(() => readAll(one.target.openSet('1'))).toThrow(expect.objectContaining({ code: 'TARGET_FOREIGN' }));
    });

    it('say by the format what they repeat', () => {
      const { cartridges, target } = library(8);
      write(target, [dir(''), file('big', noise(2_000_000))]);
      const second = cartridges[1]!.items[2] as Uint8Array;
      const bytes = Buffer.from(second);
      const blocks = [0, 1, 2, 3].map((i) => ({
        type: bytes.toString('latin1', i * 1024, i * 1024 + 4),
        continuation: bytes.readUInt32LE(i * 1024 + 4) & 1,
        fla: Number(bytes.readBigUInt64LE(i * 1024 + 20)),
      }));
      const first = blocks[0]!.fla;
      expect(blocks.map(({ type }) => type)).toEqual(['SSET', 'VOLB', 'DIRB', 'FILE']);
      expect(blocks.map(({ continuation }) => continuation)).toEqual([1, 1, 1, 1]);
      expect(blocks.map(({ fla }) => fla)).toEqual([first, first + 1, first + 2, first + 3]);
      // The stream that goes on says how much is left of it.
      const stream = bytes.readUInt16LE(3 * 1024 + 8) + 3 * 1024;
      expect(bytes.toString('latin1', stream, stream + 4)).toBe('STAN');
      expect(bytes.readUInt16LE(stream + 6) & 1).toBe(1);
      const rest = Number(bytes.readBigUInt64LE(stream + 8));
      const tape = Buffer.from(cartridges[1]!.items[0] as Uint8Array);
      expect([tape.readUInt32LE(4) & 1, tape.readUInt16LE(0x3c)]).toEqual([1, 2]);
      expect(Buffer.from(noise(2_000_000).subarray(2_000_000 - rest, 2_000_000 - rest + 1000))).toEqual(bytes.subarray(4096, 5096));
    });
  });

  describe('a tape with blocks that cannot be read', () => {
    it('gives everything else, and no wrong byte', () => {
      const { cartridges, target } = library();
      write(target, SMALL);
      write(target, MIXED, '2026-03-02T00:00:00Z');
      const [cartridge] = cartridges;
      const second = cartridge!.items.findIndex((item, i) => i > 2 && kindOf(cartridge!, i) === 'SSET');
      const end = cartridge!.items.findIndex((item, i) => i > second && item === 'filemark');
      const wanted = new Map(MIXED.map((kept) => [kept.entry.path, expected(kept)]));
      for (let bad = 0; bad < cartridge!.items.length; bad++) {
        if (cartridge!.items[bad] === 'filemark') continue;
        cartridge!.bad.clear();
        cartridge!.bad.add(bad);
        const first = target.versions()[0];
        expect(first?.number, `block ${String(bad)}`).toBe(1);
        const reader = target.openSet('2');
        const files = readAll(reader, bad % 2 === 0 ? 4096 : 300_000);
        const whole = files.filter((file) => file.error === undefined);
        for (const file of whole) {
          const { path } = file.entry;
          if (!path.startsWith('lost folder')) expect(found(file), path).toEqual(wanted.get(path));
        }
        // A block holds 64 KiB: of 154 files most are whole, whichever it is. Without positions nothing behind it can be found.
        if (!positions) continue;
        expect(whole.length).toBeGreaterThan(60);
        const hit = bad >= second && bad < end;
        if (hit) expect(reader.damage.length + files.length - whole.length, `block ${String(bad)}`).toBeGreaterThan(0);
      }
    });

    it('of a set on several cartridges gives what is whole, and comes to an end', () => {
      const { cartridges, drive, target } = library(8);
      write(target, MIXED);
      const wanted = new Map(MIXED.map((kept) => [kept.entry.path, expected(kept)]));
      for (const cartridge of cartridges) {
        for (let bad = 2; bad < cartridge.items.length; bad++) {
          if (cartridge.items[bad] === 'filemark') continue;
          cartridge.bad.add(bad);
          drive.load(cartridges[0]!);
          let whole = 0;
          let noted = 0;
          try {
            const reader = target.openSet('1');
            const files = readAll(reader);
            noted = reader.damage.length;
            for (const file of files) {
              if (file.error !== undefined) continue;
              const { path } = file.entry;
              if (!path.startsWith('lost folder')) expect(found(file), path).toEqual(wanted.get(path));
              whole++;
            }
          } catch (error) {
            // The blocks that say how the set goes on cannot be done without.
            expect(error).toMatchObject({ code: expect.stringMatching(/^(TARGET|FORMAT)_/) as string });
          }
          expect(whole).toBeLessThanOrEqual(MIXED.length);
          // The last two are the filemark, and the block that says that there are more cartridges.
          const last = cartridge.items.length - 1;
          if (positions && bad > 2 && bad < last - 1) expect(whole).toBeGreaterThan(20);
          if (bad === last && cartridge === cartridges[0]) expect(noted).toBeGreaterThan(0);
          cartridge.bad.clear();
        }
      }
    });

    it('is not appended to when its first block is one', () => {
      const { cartridges, target } = library();
      write(target, SMALL);
      cartridges[0]!.bad.add(0);
      expect(target.versions()).toHaveLength(1);
      expect(readAll(target.openSet('latest')).map(found)).toEqual(SMALL.map(expected));
      expect(() => target.createSet(description)).toThrow(expect.objectContaining({ code: 'TARGET_DAMAGED' }));
    });
  });
});
