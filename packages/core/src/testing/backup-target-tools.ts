import assert from 'node:assert/strict';
import { isWinbackError, type ErrorCode } from '../errors/index.js';
import type { FileEntry } from '../facts/file-entry.js';
import type { VolumeIdentity } from '../snapshot/snapshot-provider.js';
import {
  MemoryStreams,
  StreamId,
  type BackupStreamHeader,
  type MaybePromise,
  type MemoryStream,
  type StoredStreams,
} from '../streams/index.js';
import type { BackupCatalog, BackupSetWriter, BackupTarget, OpenTargetOptions, StoredFile, TargetCapability } from '../target/index.js';
import type { Harness } from './suite.js';

/** A place for one target, where nothing is yet. */
export interface BackupTargetHarness extends Harness<TargetCapability> {
  /** Opens the target at that place through its driver. */
  open(options: OpenTargetOptions): MaybePromise<BackupTarget>;
}

export interface Kept {
  readonly entry: FileEntry;
  readonly streams: readonly MemoryStream[];
}
export interface ReadBack {
  /** How many faults were known when the last stream had been read. */
  readonly faults: number;
  readonly file: StoredFile;
  readonly streams: readonly (BackupStreamHeader & { readonly data: Buffer })[];
}

export const VOLUME: VolumeIdentity = { root: '/data', fileSystem: 'ext4', device: '/dev/sda1', label: 'Data' };
export const OTHER: VolumeIdentity = { root: 'D:\\', fileSystem: 'NTFS', device: '\\\\?\\Volume{6f4e}' };
export const DESCRIPTION = {
  name: 'conformance',
  description: 'made by the suite',
  machine: 'machine',
  user: 'somebody',
  kind: 'copy',
} as const;
export const STARTED = '2026-03-01T12:34:56.000Z';

export const catalogOf = (started = STARTED): BackupCatalog => ({
  format: 1,
  software: 'conformance 1',
  host: 'machine',
  started,
  finished: started,
  include: ['/data'],
  exclude: ['/data/tmp'],
  snapshots: [{ volume: '/data', provider: 'none', consistent: false, reason: 'ext4' }],
  files: 3,
  directories: 1,
  bytes: 12,
  excluded: 1,
  problemCount: 1,
  problems: [{ path: '/data/x', code: 'SOURCE_UNREADABLE', message: 'permission denied', effect: 'skipped' }],
});

export const entryOf = (path: string, more: Partial<FileEntry> = {}): FileEntry => ({
  path,
  kind: 'file',
  attributes: 0x20,
  size: 0,
  times: { lastWrite: 1_600_000_000_123_456_789n, lastAccess: -1n, creation: 0n, change: 1_600_000_000_000_000_001n },
  linkCount: 1,
  fileId: 281_474_976_710_699n,
  ...more,
});
export const folder = (path: string): Kept => ({ entry: entryOf(path, { kind: 'directory', attributes: 0x10 }), streams: [] });
export const file = (path: string, data: Uint8Array, more: Partial<FileEntry> = {}): Kept => ({
  entry: entryOf(path, { size: data.length, ...more }),
  streams: [{ id: StreamId.DATA, attributes: 0, data }],
});
export const pattern = (length: number, seed = 7): Buffer => {
  const out = Buffer.alloc(length);
  for (let i = 0, x = seed; i < length; i++) out[i] = (x = (x * 1_103_515_245 + 12_345) & 0x7fff_ffff) >>> 16;
  return out;
};

export async function addAll(writer: BackupSetWriter, files: readonly Kept[]): Promise<void> {
  for (const { entry, streams } of files) await writer.add(entry, new MemoryStreams(streams));
}

/** Begins, fills and commits one set. */
export async function write(harness: BackupTargetHarness, files: readonly Kept[], started = STARTED): Promise<string> {
  return withTarget(harness, { mode: 'append', create: true }, async (target) => {
    const writer = await target.createSet(DESCRIPTION);
    await writer.beginVolume(VOLUME);
    await addAll(writer, files);
    return (await writer.commit(catalogOf(started))).id;
  });
}

export async function withTarget<T>(
  harness: BackupTargetHarness,
  options: OpenTargetOptions,
  work: (target: BackupTarget) => MaybePromise<T>,
): Promise<T> {
  const target = await harness.open(options);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

async function bytesOf(streams: StoredStreams, piece: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const buffer = new Uint8Array(piece);
  for (let n = await streams.readInto(buffer); n > 0; n = await streams.readInto(buffer)) pieces.push(Buffer.from(buffer.subarray(0, n)));
  return Buffer.concat(pieces);
}

/** Reads a whole set of a target that is open nowhere else. */
export async function readBack(harness: BackupTargetHarness, id = 'latest', piece = 65_536): Promise<ReadBack[]> {
  return withTarget(harness, { mode: 'read' }, async (target) => {
    const reader = await target.openSet(id);
    const all: ReadBack[] = [];
    for (let stored = await reader.next(); stored; stored = await reader.next()) {
      const streams: (BackupStreamHeader & { data: Buffer })[] = [];
      for (let head = await stored.streams.next(); head; head = await stored.streams.next()) {
        streams.push({ ...head, data: await bytesOf(stored.streams, piece) });
      }
      all.push({ file: stored, streams, faults: stored.faults.length });
    }
    assert.deepEqual(reader.damage, []);
    assert.equal(reader.position.at, reader.position.of, 'at the end the position is the end');
    await reader.close();
    return all;
  });
}

export function assertSame(read: readonly ReadBack[], kept: readonly Kept[]): void {
  assert.deepEqual(
    read.map((r) => r.file.entry.path),
    kept.map((k) => k.entry.path),
  );
  read.forEach(({ file: stored, streams }, i) => {
    const { entry, streams: given = [] } = kept[i] ?? {};
    assert.deepEqual(stored.entry, entry);
    assert.deepEqual(
      streams.map(({ data, ...head }) => head),
      given.map(({ data, ...head }) => ({ ...head, length: data.length })),
    );
    streams.forEach(({ data }, k) => {
      assert.ok(data.equals(given[k]?.data ?? Buffer.alloc(0)), `${stored.entry.path}: bytes of stream ${String(k + 1)}`);
    });
  });
}

export async function assertCode(code: ErrorCode, action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (isWinbackError(error, code)) return;
    throw error;
  }
  assert.fail(`expected ${code}`);
}
