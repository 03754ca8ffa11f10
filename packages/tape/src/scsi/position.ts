import { TapeStatus } from '../api/index.js';
import { cdb } from './cdb.js';
import { PositionLong, PositionShort } from './drive-data.layout.js';
import type { ScsiDevice } from './scsi-device.js';

const WHAT = 'asking for the position';
const Flag = { UNKNOWN: 0x04, TOO_LARGE: 0x02 } as const;

/** Partition, from 0, and blocks and marks from its beginning. @throws TAPE_UNSUPPORTED when the drive does not know it */
export function readPosition(device: ScsiDevice): { partition: number; block: number } {
  const bytes = new Uint8Array(PositionShort.size);
  const length = device.run(WHAT, cdb.readPosition(0), 'read', bytes);
  if (length < bytes.length) throw device.failure(TapeStatus.ERROR_IO_DEVICE, WHAT);
  const { flags, partition, first } = PositionShort.decode(bytes);
  if ((flags & Flag.UNKNOWN) !== 0) throw device.failure(TapeStatus.ERROR_NOT_SUPPORTED, WHAT);
  return (flags & Flag.TOO_LARGE) === 0 ? { partition, block: first } : readLongPosition(device);
}

function readLongPosition(device: ScsiDevice): { partition: number; block: number } {
  const bytes = new Uint8Array(PositionLong.size);
  const length = device.run(WHAT, cdb.readPosition(6), 'read', bytes);
  if (length < bytes.length) throw device.failure(TapeStatus.ERROR_IO_DEVICE, WHAT);
  const { flags, partition, block } = PositionLong.decode(bytes);
  if ((flags & Flag.UNKNOWN) !== 0) throw device.failure(TapeStatus.ERROR_NOT_SUPPORTED, WHAT);
  if (block > BigInt(Number.MAX_SAFE_INTEGER)) throw device.failure(TapeStatus.ERROR_IO_DEVICE, WHAT);
  return { partition, block: Number(block) };
}
