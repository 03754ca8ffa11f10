import { isWinbackError } from '@winback/core';
import type { FileAttributes } from './file-attributes.js';
import type { FileRecord } from './file-record.js';
import { AttributeType, FileRecordHeader, StandardInformation } from './layouts/index.js';
import type { Mft } from './mft.js';

const LOG_SEQUENCE = FileRecordHeader.offsetOf('logFileSequence');
const SEQUENCE_OFFSET = FileRecordHeader.offsetOf('updateSequenceOffset');
const SEQUENCE_COUNT = FileRecordHeader.offsetOf('updateSequenceCount');
const ACCESS = StandardInformation.offsetOf('lastAccessTime');

/** Whether any record of a file differs from what it was, but for what changes by writing it down and by somebody reading the file. */
export function recordsChanged(attributes: FileAttributes, mft: Mft): boolean {
  for (const old of attributes.records) {
    let now: FileRecord;
    try {
      now = mft.freshRecord(old.number);
    } catch (error) {
      if (!isWinbackError(error)) throw error;
      return true;
    }
    if (Buffer.compare(old.usedBytes, now.usedBytes) === 0) continue;
    mft.forget(old.number);
    if (Buffer.compare(whatCounts(old), whatCounts(now)) !== 0) return true;
  }
  return false;
}

function whatCounts(record: FileRecord): Uint8Array {
  const {
    start,
    memory: { view },
  } = record;
  const bytes = record.usedBytes.slice();
  bytes.fill(0, LOG_SEQUENCE, LOG_SEQUENCE + 8);
  const at = view.getUint16(start + SEQUENCE_OFFSET, true);
  bytes.fill(0, at, at + view.getUint16(start + SEQUENCE_COUNT, true) * 2);
  for (const piece of record.pieces) {
    if (piece.type !== AttributeType.STANDARD_INFORMATION) continue;
    const from = piece.valueAt - start;
    bytes.fill(0, from + ACCESS, from + ACCESS + 8);
  }
  return bytes;
}
