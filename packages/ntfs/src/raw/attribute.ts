import { FormatError } from '@winback/core';
import type { BlockSource } from './block-source.js';
import { CompressedContent } from './compressed-content.js';
import { damaged } from './damage.js';
import type { AttributePiece } from './file-record.js';
import type { Geometry } from './geometry.js';
import { AttributeFlag } from './layouts/index.js';
import { ResidentContent, RunContent, type Content } from './content.js';
import { RunList } from './run-list.js';

/** Low byte of the flags: how it is compressed; there is one way. */
const COMPRESSION = 0xff;
/** The most that is decompressed at once: Windows has 64 KiB. */
const UNIT_MAX = 1024 * 1024;

/** An attribute of a file, from all its pieces. */
export class Attribute {
  readonly type: number;
  readonly name: string;
  /** AttributeFlag. */
  readonly flags: number;
  readonly #pieces: AttributePiece[];
  #runs: RunList | undefined;

  constructor(
    private readonly first: AttributePiece,
    private readonly geometry: Geometry,
  ) {
    this.type = first.type;
    this.name = first.name;
    this.flags = first.flags;
    this.#pieces = [first];
  }

  /** Adds the next piece. */
  add(piece: AttributePiece): void {
    this.#pieces.push(piece);
  }

  /** Memory in which a resident value stands at `valueAt`. */
  get view(): DataView {
    return this.first.record.memory.view;
  }
  /** -1 when it is not resident. */
  get valueAt(): number {
    return this.first.resident ? this.first.valueAt : -1;
  }
  /** The value, when it lies in the record; not a copy. */
  get resident(): Uint8Array | undefined {
    return this.first.resident ? this.first.value : undefined;
  }
  get size(): number {
    return this.first.resident ? this.first.valueLength : this.first.dataSize;
  }
  /** Bytes behind this many are zeros. */
  get validSize(): number {
    return this.first.resident ? this.first.valueLength : Math.min(this.first.dataSize, this.first.validDataLength);
  }
  get isCompressed(): boolean {
    return (this.flags & COMPRESSION) !== 0 && !this.first.resident;
  }
  get isEncrypted(): boolean {
    return (this.flags & AttributeFlag.ENCRYPTED) !== 0;
  }
  /** Clusters of a compression unit; 1 without one. */
  get unitClusters(): number {
    return this.isCompressed ? 2 ** this.first.compressionUnit : 1;
  }

  /** Where a non-resident value lies. @throws FORMAT_STRUCTURE */
  get runs(): RunList {
    if (this.#runs) return this.#runs;
    const runs = new RunList(this.geometry.clusterCount, this.geometry.clusterSize);
    for (const piece of this.#pieces) {
      if (piece.resident || piece.lowestVcn !== runs.length) {
        throw damaged(piece, 'lowestVcn', 'the pieces of the attribute do not fit together', runs.length, piece.lowestVcn);
      }
      runs.append(piece.value, piece);
      if (runs.length !== piece.vcnEnd)
        throw damaged(piece, 'highestVcn', 'the runs map another number of clusters', piece.vcnEnd, runs.length);
    }
    if (this.size > runs.length * this.geometry.clusterSize) {
      throw damaged(this.first, 'dataSize', `${String(this.size)} bytes in ${String(runs.length)} clusters`);
    }
    return (this.#runs = runs);
  }

  /** Its bytes, decompressed, as ciphertext if they are encrypted. @throws FORMAT_STRUCTURE, FORMAT_UNSUPPORTED */
  content(source: BlockSource): Content {
    if (this.first.resident) return new ResidentContent(this.first.value);
    const { clusterSize } = this.geometry;
    if (!this.isCompressed) return new RunContent(source, this.runs, clusterSize, this.size, this.validSize);
    if (this.first.compressionUnit > 16 || this.unitClusters * clusterSize > UNIT_MAX) {
      throw new FormatError('FORMAT_UNSUPPORTED', `a compression unit of 2^${String(this.first.compressionUnit)} clusters`, this.first);
    }
    return new CompressedContent(source, this.runs, clusterSize, this.unitClusters, this.size, this.validSize);
  }

  /**
   * All of a value that is small by its nature.
   * @throws FORMAT_RANGE when it has more than `limit` bytes; FORMAT_STRUCTURE, SOURCE_UNREADABLE
   */
  bytes(source: BlockSource, limit: number): Uint8Array {
    if (this.size > limit) {
      throw new FormatError('FORMAT_RANGE', `a value of ${String(this.size)} bytes`, {
        struct: this.first.struct,
        field: 'dataSize',
        offset: this.first.offset,
        expected: `at most ${String(limit)}`,
        actual: this.size,
      });
    }
    const resident = this.resident;
    if (resident) return resident.slice();
    const content = this.content(source);
    const bytes = new Uint8Array(this.size);
    for (let done = 0; done < bytes.length;) done += content.readAt(done, bytes.subarray(done));
    return bytes;
  }
}
