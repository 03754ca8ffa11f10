import { StreamAttribute, StreamId, MemoryStreams, type BackupStreamSource, type MemoryStream, type StreamFault } from '@winback/core';
import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { statSync } from 'node:fs';
import { inspectMtf } from '../src/index.js';
import {
  addAll,
  catalog,
  data,
  description,
  dir,
  entryOf,
  expected,
  file,
  found,
  link,
  noise,
  now,
  openTarget,
  readSet,
  tempFolder,
  volume,
  writeSet,
  type Kept,
} from './support/target.js';

/** One of everything that a set can hold. */
const tree = (): Kept[] => [
  dir('', { securityDescriptor: noise(60) }),
  file('empty', ''),
  file('hello.txt', 'hello', { shortName: 'HELLO~1.TXT', posix: { userId: 1000, groupId: 100, mode: 0o100644 } }),
  file('big.bin', noise(3_000_001)),
  link('hello-again', 'hello.txt'),
  dir('a'),
  dir('a/b', { times: { lastWrite: -1n } }),
  file('a/b/c.txt', noise(1024 - 22)),
  ...Array.from({ length: 60 }, (_, i) => file(`a/b/size-${String(i)}`, noise(i * 17, i + 1))),
  dir('z'),
];

describe('a set', () => {
  it('gives back every entry and every stream, in order', () => {
    const path = join(tempFolder(), 'a.bkf');
    const kept = tree();
    writeSet(path, kept);
    const { files, reader } = readSet(path);
    expect(reader.damage).toEqual([]);
    expect(files.map(found)).toEqual(kept.map(expected));
    files.forEach((read, i) => {
      const { securityDescriptor, posix, ...plain } = kept[i]!.entry;
      expect(read.entry).toEqual(plain);
      expect(read.volume).toEqual(volume);
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).size % 1024).toBe(0);
  });

  it.each([1, 7, 1000, 70_000, 1 << 20])('gives the same bytes in pieces of %i', (piece) => {
    const path = join(tempFolder(), 'a.bkf');
    const kept = [dir(''), file('x', noise(200_000)), file('y', noise(1_500_000, 5))];
    writeSet(path, kept);
    const { files, reader } = readSet(path, 'latest', piece);
    expect(reader.damage).toEqual([]);
    expect(files.map(found)).toEqual(kept.map(expected));
  });

  it('keeps streams of every kind', () => {
    const path = join(tempFolder(), 'a.bkf');
    const streams: MemoryStream[] = [
      { id: StreamId.SECURITY_DATA, attributes: StreamAttribute.CONTAINS_SECURITY, data: noise(100) },
      { id: StreamId.EA_DATA, attributes: 0, data: noise(33) },
      { id: StreamId.OBJECT_ID, attributes: 0, data: noise(64) },
      { id: StreamId.DATA, attributes: StreamAttribute.SPARSE, data: new Uint8Array(0) },
      { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 0, data: noise(1000) },
      { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 2 ** 41 + 512, data: noise(513) },
      { id: StreamId.SPARSE_BLOCK, attributes: 0, offset: 2 ** 42, data: new Uint8Array(0) },
      { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':Zone.Identifier:$DATA', data: Buffer.from('[ZoneTransfer]') },
      { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':empty\ud83d\ude00\ud800:$DATA', data: new Uint8Array(0) },
      { id: StreamId.PROPERTY_DATA, attributes: StreamAttribute.CONTAINS_PROPERTIES, data: noise(5) },
      { id: StreamId.REPARSE_DATA, attributes: 0, data: noise(20) },
      { id: StreamId.TXFS_DATA, attributes: 0, data: noise(9) },
      { id: StreamId.GHOSTED_FILE_EXTENTS, attributes: StreamAttribute.CONTAINS_GHOSTED_FILE_EXTENTS, data: noise(11) },
      { id: 0, attributes: 0, foreign: { format: 'mtf', id: 'SMP2', attributes: 0x0080_0002 }, data: noise(77) },
      { id: 0, attributes: 0, foreign: { format: 'mtf', id: 'SPAD', attributes: 0 }, data: noise(7) },
      { id: 0, attributes: 0, foreign: { format: 'else', id: 'whatever', attributes: 9 }, data: noise(8) },
    ];
    writeSet(path, [dir(''), { entry: entryOf('f', { size: 2 ** 42 }), streams }]);
    const { files, reader } = readSet(path);
    expect(reader.damage).toEqual([]);
    expect(files[1]!.streams.map(({ header, data: bytes }) => ({ ...header, data: bytes }))).toEqual(
      streams.map((s) => ({ ...s, data: Buffer.from(s.data), length: s.data.length })),
    );
    expect(files[1]!.entry.size).toBe(2 ** 42);
  });

  it.each([
    ['long leaf', 'l'.repeat(900)],
    ['long path', Array.from({ length: 200 }, (_, i) => `part-${String(i)}`).join('/')],
    ['non-BMP', '\ud83d\ude00/\ud83d\ude01'],
    ['lone surrogates', 'x\ud800/\udc80y'],
    ['backslash, colon and newline', 'a\\b:c\nd/e'],
    ['boundary', 'b'.repeat(455)],
  ])('keeps names: %s', (_, name) => {
    const path = join(tempFolder(), 'a.bkf');
    for (const length of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const folderName = name + 'x'.repeat(length);
      const kept = [
        dir(''),
        dir(folderName),
        file(`${folderName}/${folderName.split('/').at(-1) ?? ''}`, 'content'),
        link(`${folderName}/link`, folderName),
      ];
      writeSet(path, kept);
      const { files, reader } = readSet(path);
      expect(reader.damage).toEqual([]);
      expect(files.map((f) => f.entry)).toEqual(kept.map((k) => k.entry));
      expect(files[2]!.streams[0]!.data.toString()).toBe('content');
    }
  });

  it('keeps exact facts that the format has no room for', () => {
    const path = join(tempFolder(), 'a.bkf');
    const kinds = ['file', 'symbolic-link', 'fifo', 'socket', 'character-device', 'block-device', 'reparse-point'] as const;
    const times = {
      lastWrite: -62_135_596_800_000_000_001n,
      lastAccess: 16_725_225_600n * 10n ** 9n + 999_999_999n,
      creation: 0n,
      change: 1n,
    };
    const kept = [
      dir('', { implied: true, fileId: undefined }),
      ...kinds.map((kind, i) => ({
        entry: entryOf(`k${String(i)}`, { kind, times, linkCount: 70_000, fileId: 2n ** 127n + 5n, attributes: 0x400 }),
        streams: [],
      })),
    ];
    writeSet(path, kept);
    const { files } = readSet(path);
    expect(files.slice(1).map((f) => f.entry)).toEqual(kept.slice(1).map((k) => k.entry));
    expect(files[0]!.entry.implied).toBe(true);
    expect(files[0]!.entry.fileId).toBeUndefined();
  });

  it('writes a folder again when a file of it comes late', () => {
    const path = join(tempFolder(), 'a.bkf');
    writeSet(path, [dir(''), dir('a'), file('late', '1'), file('a/x', '2'), file('lost/y', '3')]);
    const { files, reader } = readSet(path);
    expect(reader.damage).toEqual([]);
    expect(files.map((f) => [f.entry.path, f.entry.implied ?? false])).toEqual([
      ['', false],
      ['a', false],
      ['', true],
      ['late', false],
      ['a', true],
      ['a/x', false],
      ['lost', true],
      ['lost/y', false],
    ]);
  });

  it('says which bytes could not be read, under the stream that they belong to', () => {
    const path = join(tempFolder(), 'a.bkf');
    const faults: StreamFault[] = [
      { kind: 'unreadable', streamNumber: 2, offset: 512, message: '' },
      { kind: 'length-changed', streamNumber: 3, offset: 7, message: '' },
    ];
    const inner = new MemoryStreams([
      { id: StreamId.SECURITY_DATA, attributes: 2, data: noise(10) },
      data(noise(1000)),
      { id: StreamId.ALTERNATE_DATA, attributes: 0, name: ':s:$DATA', data: noise(10) },
    ]);
    const source: BackupStreamSource = { next: () => inner.next(), readInto: (b) => inner.readInto(b), close: () => undefined, faults };
    const target = openTarget(path, 'append');
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, [dir('')]);
    writer.add(entryOf('f', { size: 1000 }), source);
    addAll(writer, [file('g', 'after')]);
    now(writer.commit(catalog()));
    target.close();
    const { files, reader } = readSet(path);
    expect(reader.damage).toEqual([]);
    expect(files.map((f) => f.entry.path)).toEqual(['', 'f', 'g']);
    expect(files[1]!.faults).toEqual([
      'it could not be read: from byte 512 of its stream STAN on, zeros were kept',
      'its length changed while it was backed up: from byte 27 of its stream ADAT on, zeros were kept',
    ]);
    const corrupt = [...inspectMtf(path)].filter((i) => i.kind === 'block' && i.type === 'ESET');
    expect(corrupt[0]).toMatchObject({ fields: { corrupt: 1 } });
  });

  it('keeps several volumes and several sets apart', () => {
    const path = join(tempFolder(), 'a.bkf');
    const second = { root: 'D:\\', fileSystem: 'NTFS', device: '\\\\?\\Volume{1}' };
    const target = openTarget(path, 'append');
    for (const started of ['2026-03-01T12:34:00Z', '2026-03-01T12:34:59Z', '2026-03-02T00:00:00Z']) {
      const writer = target.createSet(description);
      writer.beginVolume(volume);
      addAll(writer, [dir(''), file('one', started)]);
      writer.beginVolume(second);
      addAll(writer, [dir(''), file('two', started)]);
      const version = now(writer.commit(catalog(started)));
      expect(version.catalog).toEqual(catalog(started));
    }
    const versions = target.versions();
    target.close();
    expect(target.damage).toEqual([]);
    expect(versions.map((v) => v.id)).toEqual(['03/01/2026-12:34', '03/01/2026-12:34-2', '03/02/2026-00:00']);
    expect(versions.map((v) => v.number)).toEqual([1, 2, 3]);
    expect(versions[0]).toMatchObject({ ...{ name: 'Test', machine: 'host', user: 'user' }, volumes: ['/data', 'D:\\'], files: 1 });
    for (const { id, number } of versions) {
      for (const name of [id, String(number)]) {
        const { files } = readSet(path, name);
        expect(files.map((f) => [f.volume.root, f.entry.path])).toEqual([
          ['/data', ''],
          ['/data', 'one'],
          ['D:\\', ''],
          ['D:\\', 'two'],
        ]);
        expect(files[1]!.streams[0]!.data.toString()).toBe(versions[number - 1]!.catalog!.started);
      }
    }
    expect(readSet(path).files[1]!.streams[0]!.data.toString()).toBe('2026-03-02T00:00:00Z');
    expect(() => openTarget(path).openSet('01/01/2001-00:00')).toThrow(expect.objectContaining({ code: 'VERSION_NOT_FOUND' }) as Error);
  });

  it('finds more sets than one filemark has room to list', () => {
    const path = join(tempFolder(), 'a.bkf');
    const target = openTarget(path, 'append');
    for (let i = 0; i < 150; i++) {
      const writer = target.createSet(description);
      writer.beginVolume(volume);
      addAll(writer, [dir(''), file('n', String(i))]);
      now(writer.commit(catalog()));
    }
    expect(target.versions().map((v) => v.number)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    target.close();
    for (const n of [1, 61, 150]) expect(readSet(path, String(n)).files[1]!.streams[0]!.data.toString()).toBe(String(n - 1));
  });

  it('keeps a long description and a large catalog whole', () => {
    const path = join(tempFolder(), 'a.bkf');
    const long = { ...description, name: 'n'.repeat(5000), description: '\ud83d\ude00'.repeat(500) };
    const problems = Array.from({ length: 10_000 }, (_, i) => ({
      path: `/data/${'x'.repeat(200)}${String(i)}`,
      code: 'C',
      message: 'm',
      effect: 'skipped' as const,
    }));
    const target = openTarget(path, 'append');
    const writer = target.createSet(long);
    writer.beginVolume(volume);
    addAll(writer, [dir('')]);
    now(writer.commit(catalog(undefined, { problems })));
    target.close();
    const [version] = openTarget(path).versions();
    expect(version).toMatchObject({ name: long.name, description: long.description });
    expect(version!.catalog!.problems).toEqual(problems);
  });
});
