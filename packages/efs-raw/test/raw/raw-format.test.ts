import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAIN_STREAM, newFileKey, rawOf, type Item } from '../../src/index.js';
import { makeKey } from '../support/certificates.js';
import { contents, digests, encryptedFile, itemsFrom, listItems, now, rawBytes, rawItems } from '../support/forms.js';
import { readBySpecification } from '../support/specification.js';

const user = makeKey('user');
const fileKey = newFileKey();
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
const SIZES = [0, 1, 511, 512, 513, 1024, 65_535, 65_536, 65_537, 65_536 + 512, 131_072, 200_000, 1_000_001];

describe('the raw format', () => {
  it.each(SIZES)('of a file of %d bytes is what the specification says, and reads back', (size) => {
    const items = listItems(encryptedFile(fileKey, user, { [MAIN_STREAM]: bytes(size) }));
    const raw = rawBytes(itemsFrom(items));
    const seen = readBySpecification(raw);
    const metadata = items.find((item) => item.type === 'metadata')!;
    expect(Buffer.compare(seen.metadata, metadata.bytes)).toBe(0);
    expect(seen.streams.map(({ name, flag, size: found }) => [name, flag, found])).toEqual([['::$DATA', 0, size]]);
    const stored = contents(items.map((item) => (item.type === 'end' ? { ...item, size: Math.ceil(size / 512) * 512 } : item))).get(
      MAIN_STREAM,
    )!;
    expect(Buffer.compare(seen.streams[0]!.data, stored)).toBe(0);
    for (const most of [undefined, 1000, 7]) {
      if (most === 7 && size > 100_000) continue;
      expect(digests(rawItems(raw, most))).toEqual(digests(items));
    }
  });

  it('keeps every stream, also those that are not encrypted', () => {
    const streams = {
      [MAIN_STREAM]: bytes(70_000),
      ':first:$DATA': bytes(3),
      ':zweiter ☃:$DATA': new Uint8Array(),
      ':third:$DATA': bytes(513),
    };
    const items = listItems(encryptedFile(fileKey, user, streams));
    const open: Item[] = [
      { type: 'stream', name: ':open:$DATA', encrypted: false },
      { type: 'run', offset: 0, length: 100_000, valid: 100_000, data: bytes(100_000) },
      { type: 'end', size: 100_000 },
    ];
    const raw = rawBytes(itemsFrom([...items, ...open]));
    expect(readBySpecification(raw).streams.map(({ name, flag, size }) => [name, flag, size])).toEqual([
      ['::$DATA', 0, 70_000],
      [':first:$DATA', 0, 3],
      [':zweiter ☃:$DATA', 0, 0],
      [':third:$DATA', 0, 513],
      [':open:$DATA', 1, 100_000],
    ]);
    expect(digests(rawItems(raw))).toEqual(digests([...items, ...open]));
  });

  it('of a folder is its metadata alone', () => {
    const metadata: Item = { type: 'metadata', bytes: bytes(600) };
    const raw = rawBytes(itemsFrom([metadata]));
    expect(readBySpecification(raw).streams).toEqual([]);
    expect(rawItems(raw)).toEqual([metadata]);
  });

  it('has holes for what a sparse file has not', () => {
    for (const unitShift of [16, 12]) {
      const unit = 2 ** unitShift;
      const runs = [
        { type: 'run', offset: 2 * unit, length: unit, valid: unit, data: bytes(unit) },
        { type: 'run', offset: 5000 * unit, length: 2 * unit, valid: 2 * unit, data: bytes(2 * unit) },
      ] as const;
      for (const size of [5002 * unit, 5002 * unit - 77, 5002 * unit + 5, 9000 * unit]) {
        const items: Item[] = [
          { type: 'metadata', bytes: bytes(100) },
          { type: 'stream', name: MAIN_STREAM, encrypted: true, unitShift },
          ...runs,
          { type: 'end', size },
        ];
        const raw = rawBytes(itemsFrom(items));
        expect(raw.length).toBeLessThan(3 * unit + 100_000);
        const seen = readBySpecification(raw).streams[0]!;
        expect([seen.size, seen.sparse]).toEqual([size, true]);
        const read = rawItems(raw);
        expect(read.filter(({ type }) => type === 'missing')).toEqual([]);
        const found = read.filter((item) => item.type === 'run');
        for (const run of runs) {
          const parts = found.filter(({ offset }) => offset >= run.offset && offset < run.offset + run.length);
          expect(Buffer.compare(Buffer.concat(parts.map(({ data }) => data!)), run.data)).toBe(0);
        }
        expect(found.reduce((sum, { length }) => sum + length, 0)).toBe(3 * unit);
        expect(read.at(-1)).toEqual({ type: 'end', size });
      }
    }
  });

  it('has the same number of bytes when only the layout is asked for', () => {
    const items = listItems(encryptedFile(fileKey, user, { [MAIN_STREAM]: bytes(300_000), ':a:$DATA': bytes(10) }));
    const raw = rawBytes(itemsFrom(items));
    let length = 0;
    const layout = items.map((item) => (item.type === 'run' ? { ...item, data: undefined } : item));
    for (const { length: n, bytes: found } of pieces(layout)) {
      length += n;
      expect(found === undefined || found.length === n).toBe(true);
    }
    expect(length).toBe(raw.length);
  });

  it('is the same bytes for the same file', () => {
    const plain = Uint8Array.from({ length: 66_000 }, (_, i) => i % 251);
    const items: Item[] = [
      { type: 'metadata', bytes: Uint8Array.from({ length: 90 }, (_, i) => i) },
      { type: 'stream', name: MAIN_STREAM, encrypted: true },
      { type: 'run', offset: 0, length: 66_048, valid: 66_048, data: Uint8Array.from({ length: 66_048 }, (_, i) => plain[i] ?? 1) },
      { type: 'end', size: 66_000 },
    ];
    const raw = Buffer.from(rawBytes(itemsFrom(items)));
    expect(raw.subarray(0, 180).toString('hex')).toBe(
      '0001000052004f00420053000000000000000000' + // version, signature, reserved
        '1e0000004e00540046005300000000000000000000000000020000001019' + // metadata stream
        '6a0000004700550052004500' +
        '00000000' + // its segment: 0x10 + 90 bytes
        Buffer.from(Array.from({ length: 90 }, (_, i) => i)).toString('hex') +
        '2c0000004e005400460053000000' +
        '0000000000000000' +
        '0000', // the data stream begins
    );
    expect(raw.length).toBe(20 + 30 + 16 + 90 + 44 + 48 + 65_536 + 48 + 512);
  });
});

function* pieces(items: readonly Item[]): Generator<{ length: number; bytes: Uint8Array | undefined }> {
  const raw = rawOf(itemsFrom(items));
  for (let piece = now(raw.next()); piece; piece = now(raw.next())) yield piece;
}
