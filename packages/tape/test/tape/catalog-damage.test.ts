import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWinbackError, xor16 } from '@winback/core';
import type { MemoryCartridge } from '../support/memory-drive.js';
import { libraryOf, writeTo, type Library } from '../support/library.js';
import { dir, expected, file, noise, found, readAll } from '../support/target.js';
import { changeStream, lastSection } from '../support/tape-streams.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 200);
const TREE = [
  dir(''),
  file('first', noise(70_000)),
  dir('a'),
  ...Array.from({ length: 12 }, (_, i) => file(`a/${String(i)}`, noise(i * 700, i + 1))),
  dir('b'),
  file('b/x', noise(90_000, 5)),
  file('b/y', 'y'),
];
const EVERYTHING = TREE.map(expected);
const inA = (_: unknown, path: string): boolean => path === 'a' || path.startsWith('a/');
const A = EVERYTHING.filter(({ path }) => inA(undefined, path));

const STREAMS = { 1: ['TSMP', 'TFDD'], 2: ['MAP2', 'FDD2'] } as const;

/** A tape with two sets. */
function written(type: 1 | 2): Library {
  const library = libraryOf({ catalog: type });
  writeTo(library.target, TREE.slice(0, 2), '2026-03-01T00:00:00Z');
  writeTo(library.target, TREE, '2026-03-02T00:00:00Z');
  return library;
}

/** As another program would have written it: nothing of Winback's own in the catalog. */
function foreign(type: 1 | 2): Library {
  const library = written(type);
  const strip = (data: Buffer): void => {
    for (let at = data.indexOf('WBTL'); at >= 0; at = data.indexOf('WBTL', at + 1)) {
      data.write('....', at, 'latin1');
    }
  };
  for (const id of STREAMS[type]) changeStream(library.cartridges[0]!, id, strip);
  return library;
}

/** Folder a and what is in it, asked for. */
function takeA({ target }: Library) {
  const reader = target.openSet('2', { wants: inA });
  const given = readAll(reader);
  const files = given.filter(({ entry, volume }) => inA(volume, entry.path));
  return { given: given.length, files: files.map(found), damage: reader.damage };
}

/** Entries of a detail of type 1. */
function entriesOf(data: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; data.toString('latin1', at + 2, at + 6) !== 'FEND';) {
    const length = data.readUInt16LE(at);
    if (length < 36) throw new RangeError('this is no entry');
    out.push(data.subarray(at, at + length));
    at += length;
  }
  return out;
}
const named = (data: Buffer, name: string): Buffer => {
  const entry = entriesOf(data).find(
    (one) => one.includes(Buffer.from(`${name}\0`, 'utf16le')) || one.includes(Buffer.from(name, 'utf16le')),
  );
  if (!entry) throw new Error(`there is no ${name}`);
  return entry;
};

describe.each([1, 2] as const)('catalogs of type %i', (type) => {
  it('of another program lead to files as well', () => {
    const library = foreign(type);
    const { given, files, damage } = takeA(library);
    expect([files, damage]).toEqual([A, []]);
    expect(given).toBe(A.length);
    // What Winback's own set would be called is not in this map.
    expect(library.target.versions().map(({ number, name, machine, volumes }) => [number, name, machine, volumes])).toEqual([
      [1, 'Test', 'host', ['/data']],
      [2, 'Test', 'host', ['/data']],
    ]);
  });

  it('with any bytes changed lose nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(written, foreign),
        fc.constantFrom(...STREAMS[type]),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.boolean(),
        (make, id, changes, early) => {
          const library = make(type);
          changeStream(library.cartridges[0]!, id, (data) => {
            // What fills blocks is of no interest.
            const used = id === 'TFDD' ? entriesOf(data).reduce((sum, { length }) => sum + length, 36) : data.length;
            for (const [where, bits] of changes) data[Math.floor(where * (early ? Math.min(used, 200) : used))]! ^= bits;
          });
          expect(takeA(library).files).toEqual(A);
          const { target } = library;
          expect(target.versions().map(({ number }) => number)).toEqual([1, 2]);
          // Names in a list are not looked at one by one; of Winback's own any change is seen.
          const reader = target.openSet('2', { listing: true });
          const listed = readAll(reader).map(({ entry }) => entry.path);
          if (make === written) expect(listed).toEqual(TREE.map(({ entry }) => entry.path));
          else expect(listed).toHaveLength(TREE.length);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('that cannot be read lose nothing: every block of the end', () => {
    const library = written(type);
    const [cartridge] = library.cartridges;
    const { first } = lastSection(cartridge!);
    for (let bad = first; bad < cartridge!.items.length - 1; bad++) {
      cartridge!.bad.add(bad);
      expect(takeA(library).files, `block ${String(bad)}`).toEqual(A);
      expect(library.target.versions().map(({ number }) => number)).toEqual([1, 2]);
      cartridge!.bad.clear();
    }
  });

  it('whose blocks hold anything lose nothing, and come to an end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1 << 30 }),
        fc.nat(3),
        fc.nat(65_000),
        fc.integer({ min: 1, max: 500 }),
        (seed, which, at, length) => {
          const library = written(type);
          const [cartridge] = library.cartridges;
          const { first } = lastSection(cartridge!);
          const number = first + (which % (cartridge!.items.length - 1 - first));
          const block = Buffer.from(cartridge!.items[number] as Uint8Array);
          block.set(noise(Math.min(length, block.length - at), seed), at);
          cartridge!.items[number] = block;
          try {
            expect(takeA(library).files).toEqual(A);
          } catch (error) {
            // The ESET itself cannot be read, and with it the catalog that says when the set was made.
            if (!isWinbackError(error)) throw error;
          }
          expect(library.target.versions().length).toBeGreaterThan(0);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('a catalog that lies', () => {
  const lies: readonly [string, (data: Buffer) => void][] = [
    ['names a file otherwise', (data) => named(data, '7').write('8', named(data, '7').indexOf('7'), 'utf16le')],
    [
      'has a file in another folder',
      (data) => {
        // The last entry of a becomes the folder b, which stands behind it.
        const entry = named(data, '11');
        entry.write('DIRB', 2, 'latin1');
      },
    ],
    [
      'has a file at the address of another',
      (data) => {
        const [one, two] = [named(data, '3'), named(data, '4')];
        const fla = one.readBigUInt64LE(12);
        one.writeBigUInt64LE(two.readBigUInt64LE(12), 12);
        two.writeBigUInt64LE(two.readBigUInt64LE(12) + 1n, 12);
        expect(fla).not.toBe(one.readBigUInt64LE(12));
      },
    ],
    [
      'has addresses beyond the tape',
      (data) => {
        for (const entry of entriesOf(data).slice(-2)) entry.writeBigUInt64LE(entry.readBigUInt64LE(12) + 2n ** 40n, 12);
      },
    ],
    [
      'has a file on another cartridge',
      (data) => {
        for (const entry of entriesOf(data).slice(-4)) entry.writeUInt16LE(7, 6);
      },
    ],
    [
      'lacks a file',
      (data) => {
        const entry = named(data, '5');
        entry.write('ABCD', 2, 'latin1');
      },
    ],
    [
      'ends early',
      (data) => {
        named(data, '5').write('FEND', 2, 'latin1');
      },
    ],
    [
      'has an entry without length',
      (data) => {
        named(data, '5').writeUInt16LE(0, 0);
      },
    ],
    [
      'has an entry that is longer than all',
      (data) => {
        named(data, '5').writeUInt16LE(0xffff, 0);
      },
    ],
  ];

  it.each(lies)('and %s is not believed: nothing is lost', (_, lie) => {
    const library = foreign(1);
    changeStream(library.cartridges[0]!, 'TFDD', lie);
    const { files, damage, given } = takeA(library);
    expect(files).toEqual(A);
    // Either the lie was seen, or it does not concern what was asked for.
    if (given !== A.length) expect(damage.length).toBeGreaterThan(0);
  });

  it.each(lies)('and %s, with the hash that it should have, is not believed either', (_, lie) => {
    const library = written(1);
    const [cartridge] = library.cartridges;
    let before = '';
    let after = '';
    const hash = (data: Buffer): string => {
      const length = entriesOf(data).reduce((sum, entry) => sum + entry.length, 0);
      return createHash('sha256').update(data.subarray(0, length)).digest('hex');
    };
    changeStream(cartridge!, 'TFDD', (data) => {
      before = hash(data);
      lie(data);
      try {
        after = hash(data);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        after = before;
      }
    });
    changeStream(cartridge!, 'TSMP', (data) => {
      const at = data.lastIndexOf(before);
      expect(at).toBeGreaterThan(0);
      data.write(after, at, 'latin1');
    });
    expect(takeA(library).files).toEqual(A);
  });

  it('and has another set map, of another family, is not believed', () => {
    for (const [at, value] of [
      [0, 0x1234],
      [4, 1],
      [4, 0xffff],
      [8, 0],
      [8, 0xffff],
      [20, 0x7777],
      [8 + 30, 9],
    ] as const) {
      const library = written(1);
      changeStream(library.cartridges[0]!, 'TSMP', (data) => data.writeUInt16LE(value, at));
      expect(library.target.versions().map(({ number }) => number)).toEqual([1, 2]);
      expect(takeA(library).files).toEqual(A);
    }
  });

  it('in its ESET is not believed', () => {
    for (const [offset, value] of [
      [60, 2n ** 40n],
      [60, 1n],
      [60, 0n],
      [68, 2n ** 40n],
      [68, 2n ** 63n],
      [68, 3n],
      [68, 0n],
    ] as const) {
      const library = written(1);
      const { items } = library.cartridges[0]!;
      const block = Buffer.from(items[items.length - 2] as Uint8Array);
      block.writeBigUInt64LE(value, offset);
      block.writeUInt16LE(xor16(block, 0, 50), 50);
      items[items.length - 2] = block;
      expect(library.target.versions().map(({ number }) => number)).toEqual([1, 2]);
      expect(takeA(library).files).toEqual(A);
    }
  });

  it('of lengths that nobody has room for: nothing is allocated for them', () => {
    for (const id of ['TSMP', 'TFDD']) {
      for (const length of [2n ** 31n, 2n ** 45n, 2n ** 63n]) {
        const library = written(1);
        setLength(library.cartridges[0]!, id, length);
        expect(takeA(library).files).toEqual(A);
        expect(library.target.versions().map(({ number }) => number)).toEqual([1, 2]);
      }
    }
  });
});

function setLength({ items }: MemoryCartridge, id: string, length: bigint): void {
  for (const [i, item] of items.entries()) {
    if (item === 'filemark' || Buffer.from(item.subarray(0, 4)).toString('latin1') !== id || i < items.length - 6) continue;
    const block = Buffer.from(item);
    block.writeBigUInt64LE(length, 8);
    block.writeUInt16LE(xor16(block, 0, 20), 20);
    items[i] = block;
  }
}
