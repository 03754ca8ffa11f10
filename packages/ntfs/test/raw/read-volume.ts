import { FileSource, RawNtfsVolume, type BlockSource } from '../../src/raw/index.js';
import { StreamId, type FileEntry, type FileProblem, type OpenedFile, type StreamFault, type WalkFilter } from '@winback/core';

/** A stream with its bytes; the blocks of a sparse one in their places. */
export interface ReadStream {
  readonly id: number;
  readonly name: string | undefined;
  readonly sparse: boolean;
  readonly data: Uint8Array;
  /** Offset and length of each block of a sparse stream, the empty one at its end too. */
  readonly blocks: readonly (readonly [number, number])[];
}

export interface ReadFile {
  readonly entry: FileEntry;
  readonly streams: readonly ReadStream[];
  readonly problems: readonly FileProblem[];
  readonly faults: readonly StreamFault[];
}

export interface ReadTree {
  readonly files: Map<string, ReadFile>;
  readonly order: string[];
  readonly problems: FileProblem[];
}

export const openVolume = (image: string, offset = 0): RawNtfsVolume =>
  new RawNtfsVolume({ root: '/', fileSystem: 'NTFS', device: image }, new FileSource(image, { offset }));

export const volumeOf = (source: BlockSource): RawNtfsVolume =>
  new RawNtfsVolume({ root: '/', fileSystem: 'NTFS', device: source.name }, source);

function readData(opened: OpenedFile, length: number, pieceSize: number): Uint8Array {
  const data = new Uint8Array(length);
  const piece = new Uint8Array(pieceSize);
  let at = 0;
  for (let n = opened.streams.readInto(piece); n > 0; n = opened.streams.readInto(piece)) {
    data.set(piece.subarray(0, n), at);
    at += n;
  }
  if (at !== length) throw new Error(`${opened.entry.path}: ${String(at)} bytes of ${String(length)}`);
  return data;
}

/** All streams with their bytes. Streams over `most` bytes are not read. */
export function readStreams(opened: OpenedFile, pieceSize = 100_000, most = 1e9): ReadStream[] {
  const streams: { id: number; name: string | undefined; sparse: boolean; data: Uint8Array; blocks: [number, number][] }[] = [];
  for (let header = opened.streams.next(); header; header = opened.streams.next()) {
    if (header.id !== StreamId.SPARSE_BLOCK) {
      const data = header.length > most ? new Uint8Array(0) : readData(opened, header.length, pieceSize);
      streams.push({ id: header.id, name: header.name, sparse: (header.attributes & 8) !== 0, data, blocks: [] });
      continue;
    }
    const stream = streams.at(-1)!;
    const offset = header.offset ?? 0;
    stream.blocks.push([offset, header.length]);
    if (offset + header.length > most) continue;
    const whole = new Uint8Array(Math.max(stream.data.length, offset + header.length));
    whole.set(stream.data);
    whole.set(readData(opened, header.length, pieceSize), offset);
    stream.data = whole;
  }
  return streams;
}

export function readTree(volume: RawNtfsVolume, path = '', keep?: WalkFilter, pieceSize?: number): ReadTree {
  const tree: ReadTree = { files: new Map(), order: [], problems: [] };
  for (const batch of volume.walk(path, keep)) {
    tree.problems.push(...batch.problems);
    for (const node of batch.nodes) {
      const opened = node.open();
      const streams = readStreams(opened, pieceSize);
      opened.streams.close();
      tree.order.push(node.path);
      if (tree.files.has(node.path)) throw new Error(`${node.path} comes twice`);
      tree.files.set(node.path, { entry: opened.entry, streams, problems: opened.problems, faults: opened.streams.faults });
    }
  }
  return tree;
}

export const dataOf = (file: ReadFile | undefined): Uint8Array | undefined => file?.streams.find(({ id }) => id === StreamId.DATA)?.data;
