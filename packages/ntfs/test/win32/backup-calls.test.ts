import { describe, expect, it } from 'vitest';
import { BackupReadStreams, StreamId, Win32StreamHeader } from '@winback/core';
import { BackupBytes } from '../../src/win32/backup-bytes.js';
import { BackupWriter } from '../../src/win32/backup-writer.js';
import type { Win32 } from '../../src/win32/ffi/win32.js';
import type { FileCalls } from '../../src/win32/file-calls.js';
import { Win32Error } from '../../src/win32/win32-error.js';
import { Win32Streams } from '../../src/win32/win32-streams.js';

const CRC = 23;
const ACCESS_DENIED = 5;

/** BackupRead over bytes, some of which cannot be read. BackupSeek skips data only, whose range is given. */
function reading(sequence: Uint8Array, bad: { from: number; to: number }, data: { from: number; to: number }, error = CRC) {
  let at = 0;
  const calls: string[] = [];
  const u32 = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);
  const api: Partial<Win32> = {
    GetLastError: () => error,
    BackupRead: (_handle, into, size, read, abort) => {
      calls.push(abort ? 'abort' : `read ${size}`);
      if (abort) return 1;
      const piece = sequence.subarray(at, at + size);
      if (at < bad.to && at + piece.length > bad.from) return 0;
      into.set(piece);
      u32(read).setUint32(0, piece.length, true);
      at += piece.length;
      return 1;
    },
    BackupSeek: (_handle, low, _high, seeked) => {
      const skipped = at < data.from ? 0 : Math.min(low, data.to - at);
      u32(seeked).setUint32(0, skipped, true);
      at += skipped;
      return skipped === low ? 1 : 0;
    },
  };
  const files = { api, lastError: (call: string) => new Win32Error(call, error) } as unknown as FileCalls;
  return { bytes: new BackupBytes(files, 7), calls };
}

const header = (id: number, size: number): Uint8Array => Win32StreamHeader.encode({ streamId: id, streamAttributes: 0, size, name: '' });
const sequenceOf = (...streams: [id: number, data: Uint8Array][]): Uint8Array =>
  new Uint8Array(Buffer.concat(streams.flatMap(([id, data]) => [header(id, data.length), data])));

function readAll(streams: Win32Streams): Uint8Array[] {
  const all: Uint8Array[] = [];
  const piece = new Uint8Array(1000);
  for (let next = streams.next(); next; next = streams.next()) {
    const parts: Uint8Array[] = [];
    for (let n = streams.readInto(piece); n > 0; n = streams.readInto(piece)) parts.push(piece.slice(0, n));
    all.push(new Uint8Array(Buffer.concat(parts)));
  }
  streams.close();
  return all;
}

describe('BackupRead', () => {
  const first = new Uint8Array(100_000).fill(1);
  const second = new Uint8Array(5000).fill(2);
  const sequence = sequenceOf([StreamId.DATA, first], [StreamId.ALTERNATE_DATA, second]);
  const data = { from: 20, to: 20 + first.length };

  it('loses as little as it can to a disk error, and says where', () => {
    const { bytes, calls } = reading(sequence, { from: 50_020, to: 50_021 }, data);
    const streams = new Win32Streams(bytes, new Uint8Array(256 * 1024), () => undefined);
    const [content, alternate] = readAll(streams);
    const lost = content!.filter((byte) => byte === 0).length;
    expect(content).toHaveLength(first.length);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThanOrEqual(4096);
    expect(alternate).toEqual(second);
    expect(streams.faults).toHaveLength(1);
    expect(streams.faults[0]).toMatchObject({ kind: 'unreadable', streamNumber: 1 });
    expect(Math.abs(streams.faults[0]!.offset - 50_000)).toBeLessThan(4096);
    expect(calls.filter((call) => call === 'abort')).toHaveLength(1);
  });

  it('reads the header in front of data whose very beginning is damaged', () => {
    const { bytes } = reading(sequence, { from: 30, to: 31 }, data);
    const streams = new Win32Streams(bytes, new Uint8Array(256 * 1024), () => undefined);
    const [content, alternate] = readAll(streams);
    expect(content!.subarray(5000)).toEqual(first.subarray(5000));
    expect(alternate).toEqual(second);
    expect(streams.faults).toHaveLength(1);
  });

  it('fails at once when nothing at all can be read', () => {
    const { bytes } = reading(sequence, { from: 0, to: 1 }, data, ACCESS_DENIED);
    expect(() => new Win32Streams(bytes, new Uint8Array(1000), () => undefined)).toThrow(/ERROR_ACCESS_DENIED/);
  });

  it('never throws behind the first header, whatever becomes of the sequence', () => {
    for (let cut = 20; cut < sequence.length; cut += 977) {
      const { bytes } = reading(sequence.subarray(0, cut), { from: -1, to: -1 }, data);
      const streams = new Win32Streams(bytes, new Uint8Array(3000), () => undefined);
      const [content] = readAll(streams);
      expect(content).toHaveLength(first.length);
      if (cut < 20 + first.length) expect(streams.faults).toMatchObject([{ kind: 'length-changed', streamNumber: 1, offset: cut - 20 }]);
    }
  });

  it('gives zeros and a fault when a header cannot be read', () => {
    const at = 20 + first.length + 5;
    const { bytes } = reading(sequence, { from: at, to: at + 1 }, data);
    const streams = new Win32Streams(bytes, new Uint8Array(3000), () => undefined);
    expect(readAll(streams)).toHaveLength(1);
    expect(streams.faults.at(-1)).toMatchObject({ kind: 'unreadable' });
  });
});

describe('BackupWrite', () => {
  /** Everything that BackupWrite was given, and how large its buffers were. */
  function writing(accepts: (size: number) => number) {
    const parts: Uint8Array[] = [];
    const sizes: number[] = [];
    let aborts = 0;
    const api: Partial<Win32> = {
      BackupWrite: (_handle, from, size, written, abort) => {
        if (abort) {
          aborts++;
          return 1;
        }
        sizes.push(size);
        const n = accepts(size);
        parts.push(from.slice(0, n));
        new DataView(written.buffer, written.byteOffset).setUint32(0, n, true);
        return 1;
      },
    };
    const files = { api, check: (_call: string, result: number) => expect(result).toBe(1) } as unknown as FileCalls;
    return { writer: new BackupWriter(files, 7), given: () => Buffer.concat(parts), sizes, aborts: () => aborts };
  }

  const block = { id: StreamId.SPARSE_BLOCK, attributes: 8, length: 3, offset: 2 ** 33 + 5 };

  it('is given a sequence that reads back as what was written, in buffers longer than a header', () => {
    for (const length of [0, 1, 30, 262_059, 262_060, 262_100, 262_144, 262_145, 600_000]) {
      const { writer, given, sizes, aborts } = writing((size) => size);
      const content = Uint8Array.from({ length }, (_, i) => i & 0xff);
      writer.begin({ id: StreamId.DATA, attributes: 8, length });
      for (let at = 0; at < length; at += 777) writer.write(content.subarray(at, at + 777));
      writer.begin(block);
      writer.write(Buffer.from('abc'));
      writer.begin({ id: StreamId.ALTERNATE_DATA, attributes: 0, length: 1, name: ':日本:$DATA' });
      writer.write(Buffer.from('x'));
      writer.finish();
      expect(sizes.every((size) => size > 20)).toBe(true);
      expect(aborts()).toBe(1);
      let bytes = given();
      const streams = new BackupReadStreams({
        read(into) {
          const n = Math.min(into.length, bytes.length);
          into.set(bytes.subarray(0, n));
          bytes = bytes.subarray(n);
          return n;
        },
      });
      expect(streams.next()).toEqual({ id: StreamId.DATA, attributes: 8, length });
      expect(streams.next()).toEqual(block);
      expect(streams.next()).toEqual({ id: StreamId.ALTERNATE_DATA, attributes: 0, length: 1, name: ':日本:$DATA' });
      expect(streams.next()).toBeUndefined();
    }
  });

  it('is never given a rest that is too short', () => {
    for (let rest = -3; rest <= 70; rest++) {
      const { writer, given, sizes } = writing((size) => size);
      const length = 256 * 1024 - 20 + rest;
      writer.begin({ id: StreamId.DATA, attributes: 0, length });
      writer.write(new Uint8Array(length));
      writer.finish();
      expect(Math.min(...sizes), `${rest} bytes more than the buffer holds`).toBeGreaterThan(20);
      expect(given()).toHaveLength(20 + length);
    }
  });

  it('may take less than it is given', () => {
    const { writer, given } = writing((size) => Math.min(size, 1000));
    writer.begin({ id: StreamId.DATA, attributes: 0, length: 300_000 });
    writer.write(new Uint8Array(300_000).fill(3));
    writer.finish();
    expect(given()).toHaveLength(300_020);
  });

  it('is not called for an empty stream of data alone', () => {
    const { writer, sizes, aborts } = writing((size) => size);
    writer.begin({ id: StreamId.DATA, attributes: 0, length: 0 });
    writer.finish();
    writer.abort();
    expect([sizes, aborts()]).toEqual([[], 0]);
  });
});
