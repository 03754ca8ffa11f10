import { StreamId } from '@winback/core';
import type { Attribute } from './attribute.js';
import type { BlockSource } from './block-source.js';
import { ResidentContent, RunContent, type Content } from './content.js';
import { EncryptedContent, inSectors } from './encrypted-content.js';
import type { Geometry } from './geometry.js';
import { AttributeFlag } from './layouts/index.js';
import { HOLE, type RunList } from './run-list.js';

/** Bytes of a stream, from `begin` up to `end`. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** A data stream that is to be given as backup streams. */
export interface StoredStream {
  readonly id: number;
  /** `:name:$DATA`, but for the unnamed one. */
  readonly name?: string | undefined;
  readonly content: Content;
  /** Sparse streams: where data is. */
  readonly ranges?: Iterator<Range> | undefined;
}

export const EMPTY_STREAM: StoredStream = { id: StreamId.DATA, content: new ResidentContent(new Uint8Array(0)) };

/** @throws FORMAT_STRUCTURE, FORMAT_UNSUPPORTED when it cannot be said where its bytes are */
export function storedStream(attribute: Attribute, source: BlockSource, geometry: Geometry): StoredStream {
  const unnamed = attribute.name === '';
  const id = unnamed ? StreamId.DATA : StreamId.ALTERNATE_DATA;
  const name = unnamed ? undefined : `:${attribute.name}:$DATA`;
  const content = attribute.isEncrypted ? ciphertext(attribute, source, geometry) : attribute.content(source);
  if (attribute.valueAt >= 0) return { id, name, content };
  const valid = attribute.isEncrypted ? Math.min(content.size, inSectors(attribute.validSize)) : attribute.validSize;
  if (!isSparse(attribute, valid, geometry)) return { id, name, content };
  const tail = attribute.isEncrypted && content.size > 0 ? { begin: content.size - 2, end: content.size } : undefined;
  const unit = attribute.unitClusters;
  return { id, name, content, ranges: dataRanges(attribute.runs, geometry.clusterSize, unit, valid, tail) };
}

/**
 * A compressed stream with holes is just well compressed, as long as it could be written out somewhere. Of an encrypted one the zeros
 * behind its valid data are none of the ciphertext, so they must stay a hole.
 */
function isSparse(attribute: Attribute, valid: number, { volumeSize }: Geometry): boolean {
  if ((attribute.flags & AttributeFlag.SPARSE) !== 0) return true;
  if (attribute.isCompressed) return attribute.size > volumeSize;
  return attribute.runs.hasHoles || (attribute.isEncrypted && valid < inSectors(attribute.size));
}

function ciphertext(attribute: Attribute, source: BlockSource, { clusterSize }: Geometry): Content {
  const { size, resident } = attribute;
  const padded = inSectors(size);
  if (resident) {
    const sectors = new Uint8Array(padded);
    sectors.set(resident);
    return new EncryptedContent(new ResidentContent(sectors), size);
  }
  return new EncryptedContent(
    new RunContent(source, attribute.runs, clusterSize, padded, Math.min(padded, inSectors(attribute.validSize))),
    size,
  );
}

/** Ranges that clusters are there for, in whole units, up to the valid length; those that touch as one. */
function* dataRanges(
  runs: RunList,
  clusterSize: number,
  unit: number,
  valid: number,
  tail: Range | undefined,
): Generator<Range, void, undefined> {
  let [begin, end] = [0, 0];
  const unitSize = unit * clusterSize;
  for (let run = 0; run < runs.lcns.length; run++) {
    if (runs.lcns[run] === HOLE) continue;
    const from = Math.floor(runs.startOf(run) / unit) * unitSize;
    if (from >= valid) break;
    const to = Math.min(valid, Math.ceil(runs.ends[run]! / unit) * unitSize);
    if (from > end) {
      if (end > begin) yield { begin, end };
      begin = from;
    }
    end = to;
  }
  if (end > begin) yield { begin, end };
  if (tail) yield tail;
}
