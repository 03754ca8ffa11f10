import { FormatError, isWinbackError, type WinbackError } from '@winback/core';
import { Attribute } from './attribute.js';
import { ATTRIBUTE_LIST_MAX, readAttributeList } from './attribute-list.js';
import type { BlockSource } from './block-source.js';
import { RunContent, type Content } from './content.js';
import { damaged } from './damage.js';
import { FileAttributes, type RecordReader } from './file-attributes.js';
import { FILE_SIGNATURE, FileRecord } from './file-record.js';
import { requireFixups } from './fixups.js';
import type { Geometry } from './geometry.js';
import { AttributeType, FileRecordHeader } from './layouts/index.js';
import { PieceCache } from './piece-cache.js';
import { HOLE, RunList } from './run-list.js';
import { viewOf } from './numbers.js';

/** Records that have a place of their own. */
export const WellKnown = { MFT: 0, VOLUME: 3, ROOT: 5, BITMAP: 6, SECURE: 9, UPCASE: 10, EXTEND: 11 } as const;
/** The first record that an ordinary file may have. */
export const FIRST_USER_RECORD = 24;

const PIECE = 65_536;

/** The FILE records of a volume. */
export class Mft implements RecordReader {
  readonly recordSize: number;
  /** Records that the table has room for; many are not in use. */
  readonly count: number;
  readonly #cache: PieceCache;

  constructor(
    readonly source: BlockSource,
    readonly geometry: Geometry,
    private readonly content: Content,
    /** Where a byte of the table stands on the volume, for errors. */
    private readonly placeOf: (position: number) => number,
    cacheBytes: number,
  ) {
    this.recordSize = geometry.recordSize;
    this.count = Math.min(Math.floor(content.size / this.recordSize), 0xffff_ffff);
    this.#cache = new PieceCache(
      (at, buffer) => this.read(at, buffer),
      this.count * this.recordSize,
      Math.max(PIECE, this.recordSize),
      cacheBytes,
    );
  }

  /** The table's bytes as they are. @throws SOURCE_UNREADABLE */
  read(position: number, buffer: Uint8Array): void {
    for (let done = 0; done < buffer.length;) done += this.content.readAt(position + done, buffer.subarray(done));
  }

  /** @throws FORMAT_RANGE, FORMAT_MAGIC, FORMAT_STRUCTURE, SOURCE_UNREADABLE */
  record(number: number): FileRecord {
    if (number >= this.count) {
      throw new FormatError('FORMAT_RANGE', `there is no record ${String(number)}`, {
        struct: FileRecordHeader.name,
        offset: this.placeOf(0),
        expected: `less than ${String(this.count)}`,
        actual: number,
      });
    }
    const bytes = roomFor(this.recordSize);
    const position = number * this.recordSize;
    this.#cache.copyTo(position, bytes);
    return checked(number, bytes, this.placeOf(position));
  }

  /** A record as it is now, whatever was read before. @throws as {@link record} */
  freshRecord(number: number): FileRecord {
    const bytes = roomFor(this.recordSize);
    const position = number * this.recordSize;
    this.read(position, bytes);
    return checked(number, bytes, this.placeOf(position));
  }

  /** Forgets a record that was changed. */
  forget(number: number): void {
    this.#cache.forget(number * this.recordSize);
  }

  /** @throws as {@link record} */
  attributes(number: number): FileAttributes {
    return new FileAttributes(this.record(number), this);
  }

  /** Where a record stands on the volume. */
  offsetOf(number: number): number {
    return this.placeOf(number * this.recordSize);
  }
}

/** Memory from Node's pool, which comes cheaper than a piece of its own for each record; no Buffer, whose slices are no copies. */
function roomFor(size: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafe(size);
  return new Uint8Array(buffer, byteOffset, size);
}

function checked(number: number, bytes: Uint8Array, offset: number): FileRecord {
  const place = { struct: FileRecordHeader.name, offset };
  if (viewOf(bytes).getUint32(0, true) !== FILE_SIGNATURE) {
    const found = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    throw new FormatError('FORMAT_MAGIC', `record ${String(number)} begins with ${JSON.stringify(found)}`, {
      ...place,
      field: 'signature',
      expected: 'FILE',
      actual: found,
    });
  }
  requireFixups(bytes, place);
  return new FileRecord(number, bytes, offset);
}

/**
 * Finds $MFT by its own record, from the copy of it when it is damaged.
 * @param note told what was wrong
 * @throws FORMAT_MAGIC, FORMAT_STRUCTURE, SOURCE_UNREADABLE
 */
export function openMft(source: BlockSource, geometry: Geometry, cacheBytes: number, note: (error: WinbackError) => void): Mft {
  let first: WinbackError;
  try {
    return openFrom(source, geometry, geometry.mftCluster, cacheBytes);
  } catch (error) {
    if (!isWinbackError(error)) throw error;
    first = error;
  }
  try {
    const mft = openFrom(source, geometry, geometry.mftMirrorCluster, cacheBytes);
    note(first);
    return mft;
  } catch (error) {
    throw isWinbackError(error) ? first : error;
  }
}

function openFrom(source: BlockSource, geometry: Geometry, cluster: number, cacheBytes: number): Mft {
  const { clusterSize, clusterCount, recordSize } = geometry;
  const offset = cluster * clusterSize;
  if (cluster >= clusterCount) throw damaged({ struct: FileRecordHeader.name, offset }, 'mftCluster', 'lies outside of the volume');
  const bytes = new Uint8Array(recordSize);
  source.read(offset, bytes);
  const base = checked(0, bytes, offset);
  const data = base.pieces.find((p) => p.type === AttributeType.DATA && p.name === '' && !p.resident && p.lowestVcn === 0);
  if (!data) throw damaged(base, 'attributes', '$MFT has no data');
  const runs = new RunList(clusterCount, clusterSize);
  runs.append(data.value, data);
  const mapped = (): Content => new RunContent(source, runs, clusterSize, runs.length * clusterSize, runs.length * clusterSize);
  const list = base.pieces.find((p) => p.type === AttributeType.ATTRIBUTE_LIST);
  if (list) {
    const entries = readAttributeList(new Attribute(list, geometry).bytes(source, ATTRIBUTE_LIST_MAX), list);
    for (const entry of entries) {
      if (entry.type !== AttributeType.DATA || entry.name !== '' || entry.lowestVcn === 0) continue;
      // The record of a piece lies in what the pieces before it map.
      const known = new Mft(source, geometry, mapped(), placeIn(runs, clusterSize), PIECE);
      const record = known.record(entry.record);
      const piece = record.pieces.find((p) => p.id === entry.id && p.type === entry.type && !p.resident);
      if (piece?.lowestVcn !== runs.length || !record.inUse || record.base !== 0)
        throw damaged(record, 'attributes', 'no piece of $MFT stands there');
      runs.append(piece.value, piece);
    }
  }
  if (runs.hasHoles) throw damaged(data, 'runs', '$MFT has holes');
  const size = Math.min(data.dataSize, data.validDataLength, runs.length * clusterSize);
  if (size < (WellKnown.EXTEND + 1) * recordSize) throw damaged(data, 'dataSize', `$MFT has ${String(size)} bytes`);
  return new Mft(source, geometry, new RunContent(source, runs, clusterSize, size, size), placeIn(runs, clusterSize), cacheBytes);
}

const placeIn =
  (runs: RunList, clusterSize: number) =>
  (position: number): number => {
    const run = runs.find(Math.floor(position / clusterSize));
    const lcn = runs.lcns[run] ?? HOLE;
    return lcn === HOLE ? 0 : lcn * clusterSize + position - runs.startOf(run) * clusterSize;
  };
