import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRawEncrypted, StreamId, type RawEncryption, type SourceError } from '@winback/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncryptedItem } from '../../src/win32/encrypted-item.js';
import { EncryptedStreams } from '../../src/win32/encrypted-streams.js';
import { RawSpool } from '../../src/win32/raw-spool.js';

const IN_MEMORY = 4 << 20;
const fact = { id: StreamId.SECURITY_DATA, attributes: 0, data: Uint8Array.of(1, 2, 3) };
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 10)) & 0xff);

/** Gives these pieces, then an error. */
const giving = (pieces: readonly Uint8Array[], error = 0): RawEncryption => ({
  probe: () => ({ available: true }),
  read(_path, take) {
    for (const piece of pieces) take(piece);
    return error === 0 ? undefined : { call: 'ReadEncryptedFileRaw', error };
  },
  write: () => undefined,
  readFolder: () => new Uint8Array(),
  writeFolder: () => undefined,
});

describe('the raw form of an encrypted file on its way', () => {
  let temp: string;
  let before: string | undefined;
  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'winback-spool-'));
    before = process.env['TMPDIR'];
    process.env['TMPDIR'] = temp;
  });
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, 'TMPDIR');
    else process.env['TMPDIR'] = before;
    rmSync(temp, { recursive: true, force: true });
  });
  const files = (): string[] => readdirSync(temp, { recursive: true }).map(String);

  it('stays in memory while it is short, and goes through a private file when it is long', () => {
    for (const size of [0, 1, 65_536, 65_537, 300_000, 1_000_000, 1_000_001, 3_000_000]) {
      const spool = new RawSpool(1_000_000);
      const data = bytes(size);
      for (let at = 0; at < size; at += 77_777) spool.write(data.subarray(at, at + 77_777));
      expect(spool.length).toBe(size);
      expect(files()).toHaveLength(size > 1_000_000 ? 2 : 0);
      for (const file of files()) expect(statSync(join(temp, file)).mode & 0o77, file).toBe(0);
      const found = Buffer.alloc(size);
      const into = new Uint8Array(50_000);
      let at = 0;
      for (let n = spool.read(into); n > 0; at += n, n = spool.read(into)) found.set(into.subarray(0, n), at);
      expect(found.equals(data)).toBe(true);
      spool.close();
      spool.close();
      expect(files()).toEqual([]);
    }
  });

  it('is one stream behind the facts, of the length that it has, asked for when it is its turn', () => {
    for (const size of [0, 5, IN_MEMORY + 1]) {
      const told: SourceError[] = [];
      let calls = 0;
      const source = giving([bytes(size)]);
      const counted: RawEncryption = { ...source, read: (path, take) => (calls++, source.read(path, take)) };
      const streams = new EncryptedStreams(counted, { path: 'f', nativePath: 'f', facts: [fact] }, (error) => told.push(error));
      expect(streams.next()).toMatchObject({ id: StreamId.SECURITY_DATA, length: 3 });
      expect(calls).toBe(0);
      const header = streams.next()!;
      expect([isRawEncrypted(header), header.length]).toEqual([true, size]);
      const found = Buffer.alloc(size + 10);
      let at = 0;
      for (let n = streams.readInto(found.subarray(at)); n > 0; n = streams.readInto(found.subarray(at))) at += n;
      expect(found.subarray(0, at).equals(bytes(size))).toBe(true);
      expect([streams.next(), streams.faults, told, calls]).toEqual([undefined, [], [], 1]);
      streams.close();
      expect(files()).toEqual([]);
    }
  });

  it('that breaks off is left out, and told', () => {
    for (const pieces of [[], [bytes(100)], [bytes(IN_MEMORY), bytes(100)]]) {
      const told: SourceError[] = [];
      const streams = new EncryptedStreams(giving(pieces, 32), { path: 'f', nativePath: 'f', facts: [fact] }, (error) => told.push(error));
      expect(streams.next()?.id).toBe(StreamId.SECURITY_DATA);
      expect([streams.next(), streams.next(), streams.readInto(new Uint8Array(10))]).toEqual([undefined, undefined, 0]);
      expect(told).toMatchObject([
        { code: 'SOURCE_UNREADABLE', details: { call: 'ReadEncryptedFileRaw', name: 'ERROR_SHARING_VIOLATION' } },
      ]);
      streams.close();
      expect(files()).toEqual([]);
    }
  });

  it('that finds no room is told, with the folder for temporary files as the place', () => {
    process.env['TMPDIR'] = join(temp, 'nowhere');
    const told: SourceError[] = [];
    const streams = new EncryptedStreams(giving([bytes(IN_MEMORY + 1)]), { path: 'f', nativePath: 'f', facts: [] }, (error) =>
      told.push(error),
    );
    expect(streams.next()).toBeUndefined();
    expect(told).toMatchObject([{ code: 'SOURCE_UNREADABLE', hint: expect.stringContaining('TEMP') as string }]);
    const item = new EncryptedItem(giving([]), 'f');
    item.write(bytes(100));
    expect(() => {
      item.write(bytes(IN_MEMORY));
    }).toThrow(expect.objectContaining({ code: 'RECOVERY_IO' }));
    item.close();
  });

  it('that is lost on its way is zeros, and a fault', () => {
    const streams = new EncryptedStreams(giving([bytes(IN_MEMORY + 100)]), { path: 'f', nativePath: 'f', facts: [] }, () => undefined);
    expect(streams.next()?.length).toBe(IN_MEMORY + 100);
    const into = new Uint8Array(1000).fill(9);
    expect(streams.readInto(into)).toBe(1000);
    for (const file of files().filter((name) => name.endsWith('raw'))) truncateSync(join(temp, file), 0);
    let given = 1000;
    for (let n = streams.readInto(into); n > 0; n = streams.readInto(into)) given += n;
    expect(given).toBe(IN_MEMORY + 100);
    expect(into.every((byte) => byte === 0)).toBe(true);
    expect(streams.faults).toMatchObject([{ kind: 'unreadable', streamNumber: 1, offset: 1000 }]);
    streams.close();
  });
});
