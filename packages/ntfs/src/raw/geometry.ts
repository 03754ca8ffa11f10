import { damaged } from './damage.js';
import { BootSector } from './layouts/index.js';
import { isPowerOfTwo } from './numbers.js';

/** Sizes and places that the boot sector says. */
export interface Geometry {
  readonly bytesPerSector: number;
  /** Bytes. */
  readonly clusterSize: number;
  /** Whole clusters of the volume that the device holds. */
  readonly clusterCount: number;
  /** Bytes of the volume as the boot sector has it. */
  readonly volumeSize: number;
  /** Bytes of a FILE record. */
  readonly recordSize: number;
  readonly mftCluster: number;
  readonly mftMirrorCluster: number;
  readonly serial: bigint;
}

const CLUSTER_MAX = 2 * 1024 * 1024;
const RECORD_MAX = 65_536;

/**
 * Reads a boot sector.
 * @param deviceSize bytes that there really are; no cluster behind them is believed in
 * @param offset where in the volume it was found, for errors
 * @throws FORMAT_SHORT, FORMAT_MAGIC, FORMAT_RANGE, FORMAT_STRUCTURE
 */
export function readGeometry(sector: Uint8Array, deviceSize: number, offset = 0): Geometry {
  const boot = BootSector.decode(sector, 0, offset);
  const wrong = (field: keyof typeof boot, problem: string): Error =>
    damaged({ struct: BootSector.name, offset: offset + BootSector.offsetOf(field) }, field, problem, undefined, boot[field]);
  const { bytesPerSector } = boot;
  if (!isPowerOfTwo(bytesPerSector) || bytesPerSector < 256 || bytesPerSector > 4096) {
    throw wrong('bytesPerSector', `${String(bytesPerSector)} is no size of a sector`);
  }
  const perCluster = boot.sectorsPerCluster > 0x80 ? 2 ** (256 - boot.sectorsPerCluster) : boot.sectorsPerCluster;
  const clusterSize = perCluster * bytesPerSector;
  if (!isPowerOfTwo(clusterSize) || clusterSize > CLUSTER_MAX) {
    throw wrong('sectorsPerCluster', `${String(clusterSize)} bytes are no size of a cluster`);
  }
  const n = boot.clustersPerRecord;
  const recordSize = n < 0 ? 2 ** -n : n * clusterSize;
  if (!isPowerOfTwo(recordSize) || recordSize < 512 || recordSize > RECORD_MAX) {
    throw wrong('clustersPerRecord', `${String(recordSize)} bytes are no size of a FILE record`);
  }
  const volumeSize = boot.totalSectors * bytesPerSector;
  if (volumeSize === 0 || !Number.isSafeInteger(volumeSize)) {
    throw wrong('totalSectors', `a volume of ${String(boot.totalSectors)} sectors cannot be`);
  }
  const clusterCount = Math.floor(Math.min(volumeSize, deviceSize) / clusterSize);
  if (boot.mftCluster >= clusterCount && boot.mftMirrorCluster >= clusterCount) {
    throw wrong('mftCluster', `$MFT would begin at cluster ${String(boot.mftCluster)} of ${String(clusterCount)}`);
  }
  return {
    bytesPerSector,
    clusterSize,
    clusterCount,
    volumeSize,
    recordSize,
    mftCluster: boot.mftCluster,
    mftMirrorCluster: boot.mftMirrorCluster,
    serial: boot.volumeSerial,
  };
}
