import { StreamId, systemRandom, xor16, Xor32 } from '@winback/core';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectMtf, MtfTargetDriver } from '../src/index.js';
import {
  addAll,
  catalog,
  clock,
  description,
  dir,
  entryOf,
  expected,
  file,
  found,
  link,
  noise,
  now,
  readSet,
  tempFolder,
  volume,
  writeSet,
  type Kept,
} from './support/target.js';

/** Text-like bytes, which become smaller. */
export function prose(length: number, seed = 1): Uint8Array {
  const words = ['backup', 'restore', 'volume', 'shadow', 'the', 'of', 'a', 'tape', 'cartridge', 'stream', '\r\n', '0x1000'];
  const random = noise(length, seed);
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${words[random[i % random.length]! % words.length]!} `;
  return Buffer.from(text.slice(0, length), 'latin1');
}

function writeCompressed(path: string, files: readonly Kept[]): void {
  const target = new MtfTargetDriver(clock, systemRandom).open(path, { mode: 'append', create: true, compress: true });
  const writer = target.createSet(description);
  writer.beginVolume(volume);
  addAll(writer, files);
  now(writer.commit(catalog()));
  target.close();
}

const FRAME = 63_488;
const kept = (): Kept[] => [
  dir(''),
  ...[0, 1, 127, 128, 129, 1000, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 16 * FRAME, 16 * FRAME + 5, 2_500_000].flatMap((size) => [
    file(`prose ${String(size)}`, prose(size, size)),
    file(`noise ${String(size)}`, noise(size, size)),
  ]),
  file('zeros', new Uint8Array(3_000_000)),
  file('both', Buffer.concat([prose(100_000), noise(300_000), prose(100_000, 7)])),
  dir('a'),
  {
    entry: entryOf('a/streams', { size: 5_000_000 }),
    streams: [
      { id: StreamId.SECURITY_DATA, attributes: 2, data: new Uint8Array(300) },
      { id: StreamId.DATA, attributes: 8, data: new Uint8Array(0) },
      { id: StreamId.SPARSE_BLOCK, attributes: 8, data: prose(70_000, 3), offset: 4096 },
      { id: StreamId.SPARSE_BLOCK, attributes: 8, data: prose(200, 4), offset: 4_000_000 },
      { id: StreamId.ALTERNATE_DATA, attributes: 0, data: prose(90_000, 5), name: ':notes:$DATA' },
      { id: StreamId.ALTERNATE_DATA, attributes: 0, data: noise(90_000, 5), name: ':noise:$DATA' },
      { id: 77, attributes: 0, data: prose(900, 6), name: 'unknown' },
    ],
  },
  link('a/link', 'zeros'),
];

describe('compressed sets', () => {
  it.each([1, 1000, 100_000])('read back equal, %d bytes at a time', (piece) => {
    const path = join(tempFolder(), 'a.bkf');
    const files = piece === 1 ? kept().filter((k) => k.entry.size < 70_000 || k.entry.path.startsWith('a/')) : kept();
    writeCompressed(path, files);
    const { files: read, reader } = readSet(path, 'latest', piece);
    expect(reader.damage).toEqual([]);
    expect(read.map(found)).toEqual(files.map(expected));
    expect(read.flatMap((f) => f.streams.map((s) => [s.header.length, s.header.name, s.header.offset]))).toEqual(
      files.flatMap((f) => f.streams.map((s) => [s.data.length, s.name, s.offset])),
    );
  });

  it('take less room, and say in each block that they are compressed', () => {
    const folder = tempFolder();
    const [plain, small] = [join(folder, 'plain.bkf'), join(folder, 'small.bkf')];
    const files = [dir(''), file('text', prose(5_000_000))];
    writeSet(plain, files);
    writeCompressed(small, files);
    expect(statSync(small).size).toBeLessThan(statSync(plain).size / 2);
    const items = [...inspectMtf(small)];
    expect(items.filter((i) => i.kind === 'damage')).toEqual([]);
    const inSet = items.filter((i) => i.kind === 'block' && !['TAPE', 'SFMB'].includes(i.type));
    expect(inSet.map((i) => i.kind === 'block' && i.attributes.includes('compression'))).toEqual(inSet.map(() => true));
    expect(items.find((i) => i.kind === 'block' && i.type === 'SSET')).toMatchObject({ fields: { compression: 0x0abe } });
    const stored = items.filter((i) => i.kind === 'stream' && i.id === 'STAN');
    expect(stored.length).toBeGreaterThan(3);
    expect(stored.at(-1)).toMatchObject({ checksum: 'right', compression: { algorithm: 'lzs', plain: 5_000_000 } });
    expect([...inspectMtf(plain)].some((i) => i.kind === 'stream' && i.compression)).toBe(false);
  });

  it('noise takes next to no more room than without', () => {
    const folder = tempFolder();
    const [plain, small] = [join(folder, 'plain.bkf'), join(folder, 'small.bkf')];
    const files = [dir(''), file('noise', noise(5_000_000)), file('little', noise(5000))];
    writeSet(plain, files);
    writeCompressed(small, files);
    expect(statSync(small).size).toBeLessThan(statSync(plain).size + 4096);
  });

  it('stand beside others in one file', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), file('one', prose(1000))]);
    writeCompressed(path, [dir(''), file('two', prose(100_000))]);
    writeSet(path, [dir(''), file('three', prose(1000))]);
    expect(['1', '2', '3'].map((id) => readSet(path, id).files[1]!.streams.at(-1)!.data.length)).toEqual([1000, 100_000, 1000]);
  });

  it('files that are passed over cost nothing of those behind them', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeCompressed(path, [dir(''), file('one', prose(3_000_000)), file('two', prose(2_000_000)), file('three', prose(200, 2))]);
    const target = new MtfTargetDriver(clock, systemRandom).open(path, { mode: 'read' });
    const reader = target.openSet('latest');
    const buffer = new Uint8Array(100_000);
    const paths: string[] = [];
    for (let f = reader.next(); f; f = reader.next()) {
      paths.push(f.entry.path);
      // Some of the content is read of one file, none of the others.
      for (let h = f.streams.next(); h && f.entry.path === 'two'; h = f.streams.next()) f.streams.readInto(buffer);
    }
    expect(paths).toEqual(['', 'one', 'two', 'three']);
    expect(reader.damage).toEqual([]);
    reader.close();
    target.close();
  });

  it('a wrong byte costs the file that it stands in', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeCompressed(path, [dir(''), file('one', prose(300_000)), file('two', prose(2000, 2))]);
    const whole = readFileSync(path);
    const items = [...inspectMtf(path)].filter((i) => i.kind === 'stream' && i.id === 'STAN');
    const start = items[0]!.offset + 22;
    for (const at of [start, start + 5, start + 13, start + 17, start + 22, start + 24, start + 5000, start + 60_000]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x10;
      writeFileSync(path, bytes);
      const { files, reader } = readSet(path);
      expect(files.map((f) => [f.entry.path, f.error === undefined])).toEqual([['', true], ['one', false], ['two', true]]); // prettier-ignore
      expect(reader.damage).toHaveLength(1);
      expect(reader.damage[0]).toMatchObject({ path: 'one', error: { code: expect.stringMatching(/^FORMAT_/) as string } });
      expect([...inspectMtf(path)].filter((i) => i.kind === 'damage').length, `byte ${String(at - start)}`).toBeGreaterThan(0);
    }
  });

  it('of other writers: the length unknown, the checksum that of the plain bytes', () => {
    const path = join(tempFolder(), 'a.bkf');
    const content = prose(200_000);
    writeCompressed(path, [dir(''), file('one', content)]);
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf('FH'); at >= 0; at = bytes.indexOf('FH', at + 1)) {
      if (xor16(bytes, at, 22) !== bytes.readUInt16LE(at + 22)) continue;
      bytes.fill(0, at + 4, at + 12);
      bytes.writeUInt16LE(xor16(bytes, at, 22), at + 22);
    }
    const sumAt = bytes.indexOf('CSUM', bytes.lastIndexOf('STAN')) + 22;
    bytes.writeUInt32LE(new Xor32().update(content).digest(), sumAt);
    writeFileSync(path, bytes);
    const { files, reader } = readSet(path);
    expect(reader.damage).toEqual([]);
    expect(files[1]!.streams.at(-1)!.header.length).toBe(200_000);
    expect(files[1]!.streams.at(-1)!.data.equals(content)).toBe(true);
    expect([...inspectMtf(path)].filter((i) => i.kind === 'damage')).toEqual([]);
    bytes[sumAt]! ^= 1;
    writeFileSync(path, bytes);
    expect(readSet(path).files[1]!.error).toMatchObject({ code: 'FORMAT_CHECKSUM' });
  });

  it('truncated anywhere they give the files before', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeCompressed(path, [dir(''), file('one', prose(3000)), file('two', prose(70_000, 2))]);
    const whole = readFileSync(path);
    for (let size = 2048; size < whole.length; size += 97) {
      writeFileSync(path, whole.subarray(0, size));
      try {
        for (const f of readSet(path, '1').files)
          if (f.error !== undefined) expect(f.error).toMatchObject({ code: expect.stringMatching(/^FORMAT_/) as string });
      } catch (error) {
        expect(error).toMatchObject({ code: 'VERSION_NOT_FOUND' });
      }
      for (const item of inspectMtf(path)) expect(item.kind).toBeTypeOf('string');
    }
  });
});
