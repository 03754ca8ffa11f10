import { isWinbackError, type WinbackError } from '@winback/core';
import { Attribute } from './attribute.js';
import { ATTRIBUTE_LIST_MAX, readAttributeList } from './attribute-list.js';
import type { BlockSource } from './block-source.js';
import { RunContent } from './content.js';
import { damaged } from './damage.js';
import type { AttributePiece } from './file-record.js';
import type { Geometry } from './geometry.js';
import { AttributeType, FileRecordHeader } from './layouts/index.js';
import { Mft, singleRecord, WellKnown } from './mft.js';
import { HOLE, RunList } from './run-list.js';

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
  const base = singleRecord(WellKnown.MFT, bytes, offset);
  const data = base.pieces.find((p) => isData(p) && p.lowestVcn === 0);
  if (!data) throw damaged(base, 'attributes', '$MFT has no data');
  const runs = new RunList(clusterCount, clusterSize);
  runs.append(data.value, data);
  const list = base.pieces.find((p) => p.type === AttributeType.ATTRIBUTE_LIST);
  if (list) {
    const entries = readAttributeList(new Attribute(list, geometry).bytes(source, ATTRIBUTE_LIST_MAX), list);
    for (const entry of entries) {
      if (entry.type !== AttributeType.DATA || entry.name !== '' || entry.lowestVcn === 0) continue;
      // The record of a piece lies in what the pieces before it map.
      const record = mapped(source, geometry, runs, runs.length * clusterSize, 0).record(entry.record);
      const piece = record.pieces.find((p) => isData(p) && p.id === entry.id);
      if (piece?.lowestVcn !== runs.length || !record.inUse || record.base !== WellKnown.MFT) {
        throw damaged(record, 'attributes', 'no piece of $MFT stands there');
      }
      runs.append(piece.value, piece);
    }
  }
  if (runs.hasHoles) throw damaged(data, 'runs', '$MFT has holes');
  const size = Math.min(data.dataSize, data.validDataLength, runs.length * clusterSize);
  if (size < (WellKnown.EXTEND + 1) * recordSize) throw damaged(data, 'dataSize', `$MFT has ${String(size)} bytes`);
  return mapped(source, geometry, runs, size, cacheBytes);
}

const isData = (piece: AttributePiece): boolean => piece.type === AttributeType.DATA && piece.name === '' && !piece.resident;

function mapped(source: BlockSource, geometry: Geometry, runs: RunList, size: number, cacheBytes: number): Mft {
  const { clusterSize } = geometry;
  const placeOf = (position: number): number => {
    const run = runs.find(Math.floor(position / clusterSize));
    const lcn = runs.lcns[run] ?? HOLE;
    return lcn === HOLE ? 0 : lcn * clusterSize + position - runs.startOf(run) * clusterSize;
  };
  return new Mft(source, geometry, new RunContent(source, runs, clusterSize, size, size), placeOf, cacheBytes);
}
