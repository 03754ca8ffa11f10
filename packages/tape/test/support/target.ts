import {
  factStreams,
  fixedClock,
  linkStream,
  MemoryStreams,
  StreamId,
  systemRandom,
  type BackupCatalog,
  type BackupStreamHeader,
  type FileEntry,
  type MemoryStream,
  type Random,
  type VolumeIdentity,
} from '@winback/core';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { MtfTarget } from '../../src/index.js';
import { MtfTargetDriver } from '../../src/mtf/mtf-driver.js';
import type { DetailReader } from '../../src/mtf/catalog/detail-reader.js';
import type { MtfSetReader } from '../../src/mtf/set-reader.js';
import type { MtfSetWriter } from '../../src/mtf/set-writer.js';

export const clock = fixedClock('2026-03-01T12:34:56.789Z');
/** Bytes that everybody can guess. */
export const countingRandom: Random = {
  fill: (into) => {
    for (let i = 0; i < into.length; i++) into[i] = i + 1;
  },
};
export const volume: VolumeIdentity = { root: '/data', fileSystem: 'ext4', device: '/dev/sda1', label: 'Data' };
export const description = { name: 'Test', description: 'A set', machine: 'host', user: 'user', kind: 'copy' } as const;
export const catalog = (started = '2026-03-01T12:34:56Z', more: Partial<BackupCatalog> = {}): BackupCatalog => ({
  format: 1,
  software: 'Winback 0.1.0',
  host: 'host',
  started,
  finished: started,
  include: ['/data'],
  exclude: [],
  snapshots: [],
  files: 1,
  directories: 1,
  bytes: 5,
  excluded: 0,
  problemCount: 0,
  problems: [],
  ...more,
});

const SECOND = 1_000_000_000n;
export const entryOf = (path: string, more: Partial<FileEntry> = {}): FileEntry => ({
  path,
  kind: 'file',
  attributes: 0x20,
  size: 0,
  times: { lastWrite: 1_600_000_000n * SECOND + 123_456_789n, lastAccess: 1_600_000_001n * SECOND, change: 5n },
  linkCount: 1,
  fileId: 42n,
  ...more,
});
const folder = (path: string, more: Partial<FileEntry> = {}): FileEntry => entryOf(path, { kind: 'directory', attributes: 0x10, ...more });
export const data = (bytes: Uint8Array | string): MemoryStream => ({
  id: StreamId.DATA,
  attributes: 0,
  data: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
});

export interface Kept {
  readonly entry: FileEntry;
  readonly streams: readonly MemoryStream[];
}
/** A file with its facts and its content. */
export const file = (path: string, content: Uint8Array | string, more: Partial<FileEntry> = {}): Kept => {
  const stream = data(content);
  const entry = entryOf(path, { size: stream.data.length, ...more });
  return { entry, streams: [...factStreams(entry), stream] };
};
export const dir = (path: string, more: Partial<FileEntry> = {}): Kept => {
  const entry = folder(path, more);
  return { entry, streams: factStreams(entry) };
};
export const link = (path: string, linkTo: string): Kept => ({
  entry: entryOf(path, { linkTo, linkCount: 2 }),
  streams: [linkStream(linkTo)],
});

/** Bytes that repeat nowhere near, from a seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  let x = seed | 1;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x;
  }
  return out;
}

const folders: string[] = [];
export function tempFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'winback-tape-'));
  folders.push(path);
  return path;
}
afterAll(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

export const openTarget = (path: string, mode: 'read' | 'append' = 'read', random: Random = systemRandom): MtfTarget =>
  new MtfTargetDriver(clock, random).open(path, { mode, create: true });

/** Sets as small as those of these tests wait for nothing. */
export function now<T>(answer: T | Promise<T>): T {
  if (answer instanceof Promise) throw new TypeError('the answer is a promise');
  return answer;
}

export function addAll(writer: MtfSetWriter, files: readonly Kept[]): void {
  for (const { entry, streams } of files) writer.add(entry, new MemoryStreams(streams));
}

/** Writes one set with one volume. */
export function writeSet(path: string, files: readonly Kept[], started?: string, random?: Random): void {
  const target = openTarget(path, 'append', random);
  try {
    const writer = target.createSet(description);
    writer.beginVolume(volume);
    addAll(writer, files);
    now(writer.commit(catalog(started)));
  } finally {
    target.close();
  }
}

export interface ReadStream {
  readonly header: BackupStreamHeader;
  readonly data: Buffer;
}
export interface ReadFile {
  readonly volume: VolumeIdentity;
  readonly entry: FileEntry;
  readonly streams: readonly ReadStream[];
  readonly faults: readonly string[];
  readonly error?: unknown;
}

/** Reads a set to its end; files whose streams fail carry the error. */
export function readSet(path: string, id = 'latest', piece = 4096): { files: ReadFile[]; reader: MtfSetReader } {
  const target = openTarget(path);
  const reader = target.openSet(id);
  const files = readAll(reader, piece);
  target.close();
  return { files, reader };
}

/** Reads what an open set has. */
export function readAll(reader: Pick<MtfSetReader | DetailReader, 'next' | 'close'>, piece = 4096): ReadFile[] {
  const files: ReadFile[] = [];
  const buffer = new Uint8Array(piece);
  for (let stored = reader.next(); stored; stored = reader.next()) {
    const streams: ReadStream[] = [];
    let error: unknown;
    try {
      for (let header = stored.streams.next(); header; header = stored.streams.next()) {
        const pieces: Uint8Array[] = [];
        for (let n = stored.streams.readInto(buffer); n > 0; n = stored.streams.readInto(buffer)) {
          pieces.push(buffer.slice(0, n));
        }
        streams.push({ header: header, data: Buffer.concat(pieces) });
      }
    } catch (caught) {
      error = caught;
    }
    files.push({ volume: stored.volume, entry: stored.entry, streams, faults: stored.faults, ...(error === undefined ? {} : { error }) });
  }
  reader.close();
  return files;
}

/** Bytes in a form that compares fast and shows well: their text when it is short, else their length and hash. */
export const shown = (bytes: Uint8Array): string =>
  bytes.length <= 16
    ? Buffer.from(bytes).toString('latin1')
    : `${String(bytes.length)} bytes ${createHash('sha1').update(bytes).digest('hex')}`;

interface Compared {
  readonly path: string;
  readonly streams: readonly (readonly [id: number, data: string])[];
}
/** What was kept, in the form that reading gives. */
export const expected = ({ entry, streams }: Kept): Compared => ({ path: entry.path, streams: streams.map((s) => [s.id, shown(s.data)]) });
export const found = ({ entry, streams }: ReadFile): Compared => ({
  path: entry.path,
  streams: streams.map((s) => [s.header.id, shown(s.data)]),
});
